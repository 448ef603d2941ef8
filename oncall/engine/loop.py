"""The two shapes of the engine: sweep changes due rows, deliver sends due messages. Nothing else touches due rows."""

import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

import structlog
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connection, connections, transaction
from django.db.models import QuerySet

from oncall import findings

log = structlog.get_logger(__name__)


class Keyed(Protocol):
    """A row: a model instance, or a named tuple of the columns wanted."""

    @property
    def pk(self) -> Any: ...


Row = TypeVar("Row", bound=Keyed)
Result = TypeVar("Result")
Postpone = Callable[[Row, Exception, datetime], None]

BATCH: Final = 500
MOST_BATCHES: Final = 40
THREADS: Final = 8
PER_LANE: Final = 2


def sweep(
    due: "QuerySet[Any, Row]",
    act: Callable[[Sequence[Row], datetime], object],
    now: datetime,
    batch: int = BATCH,
    *,
    postpone: "Postpone[Row] | None" = None,
) -> int:
    """Change due rows, in batches, each in a transaction of its own. Returns how many rows were acted on.

    `due` is a queryset in order of urgency, evaluated anew for each batch; its rows are claimed with
    `select_for_update(skip_locked=True)`. SQLite ignores that, so `act(rows, now)` must be a compare-and-set as well,
    and must make what it did no longer due. A batch that raises is rolled back and done row by row; a row that raises
    alone is logged, given to `postpone(row, error, now)` (to be pushed ahead with back-off) and left out of this call.
    A full batch runs again at once, up to 40 times. Raises only when the database is gone.
    """
    done = 0
    poisoned: set[Any] = set()
    for _turn in range(MOST_BATCHES):
        rows: list[Row] = []
        try:
            with transaction.atomic():
                rows = _claimed(due.exclude(pk__in=poisoned) if poisoned else due, batch)
                if rows:
                    act(rows, now)
            done += len(rows)
        except Exception as error:
            if not rows or not connection.is_usable():
                raise
            log.warning("sweep_batch_failed", model=due.model.__name__, rows=len(rows), error=repr(error)[:500])
            done += _one_by_one(due, rows, act, now, postpone, poisoned)
        if len(rows) < batch:
            break
    return done


def _claimed(due: "QuerySet[Any, Row]", batch: int) -> list[Row]:
    """The next rows, locked: only they, not what is joined to them."""
    return list(due.select_for_update(skip_locked=True, of=("self",))[:batch])


def _one_by_one(
    due: "QuerySet[Any, Row]",
    rows: Sequence[Row],
    act: Callable[[Sequence[Row], datetime], object],
    now: datetime,
    postpone: "Postpone[Row] | None",
    poisoned: set[Any],
) -> int:
    done = 0
    for row in rows:
        try:
            with transaction.atomic():
                again = _claimed(due.filter(pk=row.pk), 1)
                if again:
                    act(again, now)
            done += len(again)
        except Exception as error:
            poisoned.add(row.pk)
            log.exception("sweep_row_failed", model=due.model.__name__, pk=row.pk)
            findings.row_failed(row, due.model, error, now)
            if postpone is not None:
                _push_ahead(row, error, now, postpone)
    return done


def _push_ahead(row: Row, error: Exception, now: datetime, postpone: "Postpone[Row]") -> None:
    try:
        with transaction.atomic():
            postpone(row, error, now)
    except Exception:
        log.exception("postpone_failed", pk=row.pk)


@dataclass(frozen=True, slots=True)
class Courier:
    """What `deliver` needs to know of its messages.

    `claim(pk, now)` takes the lease by a conditional UPDATE and commits; None where the row is no longer wanted.
    `send(row)` hands it over, outside any transaction, within its own timeout. `record(row, result, now)` writes what
    came of it (result None: sending raised). `set_aside(pk, error, now)` puts off a row that cannot be claimed.
    `now` is then that moment, not the tick's.
    """

    claim: Callable[[Any, datetime], Any]
    send: Callable[[Any], Any]
    record: Callable[[Any, Any, datetime], None]
    set_aside: Callable[[Any, Exception, datetime], None]


def deliver(
    due: Iterable[tuple[Any, str]],
    courier: Courier,
    now: datetime,
    *,
    threads: int = THREADS,
    patience: float = 30.0,
) -> int:
    """Send due messages one by one, never as a batch: each is claimed right before it is sent.

    `due` is (key, lane) in order of urgency; a lane is a provider, and at most two messages of one lane are under way
    in this process, so that a slow provider does not hold up the others. With `threads` 0, inside a transaction and
    on a database in memory all is done in the calling thread, at the tick's own instant. Else the call returns after
    `patience` seconds at most: what is under way then ends in its thread, under its lease; the rest stays due.
    Returns how many messages were recorded meanwhile.
    """
    queue = _Queue(list(due), courier, now)
    if threads <= 0 or connection.in_atomic_block or _in_memory():
        queue.inline()
        return queue.done
    queue.begin(threads)
    queue.wait(patience)
    return queue.done


def finish(seconds: float) -> None:
    """Wait for messages under way, at most `seconds`: a worker that ends would else send them again."""
    until = time.monotonic() + seconds
    with _all_done:
        while _active.total() and (left := until - time.monotonic()) > 0:
            _all_done.wait(left)


# What this process has under way, by lane; shared by all its calls of `deliver`.
_active: Counter[str] = Counter()
_all_done = threading.Condition()


@dataclass(slots=True, eq=False)
class _Queue:
    """The messages of one call of `deliver`, shared by its threads."""

    waiting: list[tuple[Any, str]]
    courier: Courier
    now: datetime
    lanes: dict[str, deque[int]] = field(default_factory=lambda: defaultdict(deque))
    started: float = field(default_factory=time.monotonic)
    done: int = 0
    workers: int = 0

    def begin(self, threads: int) -> None:
        """Start the threads, fewer while messages of earlier calls are still under way, but never none."""
        for place, (_pk, lane) in enumerate(self.waiting):
            self.lanes[lane].append(place)
        with _all_done:
            self.workers = min(max(threads - _active.total(), PER_LANE), len(self.waiting))
            workers = self.workers
        for _thread in range(workers):
            threading.Thread(target=self.work, name="deliver").start()

    def inline(self) -> None:
        for pk, _lane in self.waiting:
            self.done += self._one(pk, lambda: self.now)

    def take(self) -> tuple[Any, str] | None:
        """The most urgent message whose lane has room. The two that fill a lane take its others when they are done."""
        with _all_done:
            open_lanes = [(places[0], lane) for lane, places in self.lanes.items() if _active[lane] < PER_LANE]
            if not open_lanes:
                return None
            place, lane = min(open_lanes)
            self.lanes[lane].popleft()
            if not self.lanes[lane]:
                del self.lanes[lane]
            _active[lane] += 1
            return self.waiting[place]

    def give_back(self, lane: str, done: int) -> None:
        with _all_done:
            self.done += done
            _active[lane] -= 1
            _all_done.notify_all()

    def work(self) -> None:
        """A thread's life: message after message, then out, its database connections closed."""
        try:
            while (taken := self.take()) is not None:
                pk, lane = taken
                done = 0
                try:
                    done = self._one(pk, self._clock)
                finally:
                    self.give_back(lane, done)
        finally:
            connections.close_all()
            with _all_done:
                self.workers -= 1
                _all_done.notify_all()

    def wait(self, patience: float) -> None:
        """Until all threads are out, or patience ends; then nothing further is taken."""
        until = self.started + patience
        with _all_done:
            while self.workers and (left := until - time.monotonic()) > 0:
                _all_done.wait(left)
            self.lanes.clear()

    def _clock(self) -> datetime:
        """The tick's instant, moved on by the time that this call has run: one clock, also when it is moved by hand."""
        return self.now + timedelta(seconds=time.monotonic() - self.started)

    def _one(self, pk: Any, clock: Callable[[], datetime]) -> int:
        """Claim, send, record one message. Whatever goes wrong stays with it: its lease ends, it is taken again. Where
        the database is away the others wait for the next tick: hundreds of errors would only hold up its return."""
        try:
            row = self._claimed(pk, clock)
            if row is None:
                return 0
            result = self._sent(row)
            self._record(row, result, clock)
        except Exception as error:
            if isinstance(error, DatabaseError) and not connection.in_atomic_block and not connection.is_usable():
                log.warning("delivery_stopped", pk=pk, error=repr(error)[:300])
                self.stop()
            else:
                log.exception("delivery_failed", pk=pk)
            return 0
        return 1

    def _claimed(self, pk: Any, clock: Callable[[], datetime]) -> Any:
        """The row under our lease, or None. One that raises is put off, unless it is the database that fails."""
        try:
            return self.courier.claim(pk, clock())
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            log.exception("claim_failed", pk=pk)
            self.courier.set_aside(pk, error, clock())
            return None

    def stop(self) -> None:
        """Nothing further is taken."""
        with _all_done:
            self.lanes.clear()

    def _sent(self, row: Any) -> Any:
        try:
            return self.courier.send(row)
        except Exception:
            log.exception("send_raised", pk=getattr(row, "pk", None))
            return None

    def _record(self, row: Any, result: Any, clock: Callable[[], datetime]) -> None:
        """Twice at need: a message that was sent but not recorded is sent again."""
        try:
            self.courier.record(row, result, clock())
        except DatabaseError:
            if connection.in_atomic_block:
                raise
            connection.close_if_unusable_or_obsolete()
            log.warning("record_again", pk=getattr(row, "pk", None))
            self.courier.record(row, result, clock())


def _in_memory() -> bool:
    """A database that lives in this process cannot be shared between threads without waiting for locks."""
    return connection.vendor == "sqlite" and connection.is_in_memory_db()  # type: ignore[attr-defined]
