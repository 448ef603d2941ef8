"""Sends due messages one by one, in threads that the whole process shares, so that no provider waits for another."""

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import Any, Final

import structlog
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connection, connections

from oncall.engine.loop.lanes import Lanes

log = structlog.get_logger(__name__)

Rows = Iterable[tuple[Any, str]]

# A worker's thread that has nothing to do waits so long for the next message: a connection to the database costs more
# than a message.
LINGER_SECONDS: Final = 5.0


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
    due: Rows,
    courier: Courier,
    now: datetime,
    *,
    patience: float | None = 30.0,
    more: Callable[[datetime], Rows] | None = None,
) -> int:
    """Send due messages one by one, never as a batch: each is claimed right before it is sent.

    `due` is (key, lane) in order of urgency and takes the place of what earlier calls listed; a lane is a provider.
    At most four messages of one lane are under way in this process, not counting those that take longer than a second,
    so that a slow provider holds up neither the others nor, once it is well, itself. Inside a transaction and on a
    database in memory all is done in the calling thread, at the tick's own instant. Else the call returns when nothing
    is left, or after `patience` seconds: what is under way then ends in its thread, under its lease; the rest stays
    due. None: it returns at once and the threads go on; once all is taken they ask `more`, until that is empty: a
    backlog goes on whether or not somebody calls again.
    Returns how many messages were recorded meanwhile.
    """
    waiting = list(due)
    if connection.in_atomic_block or _in_memory():
        return sum(_handled(pk, courier, lambda: now) is _Came.DONE for pk, _lane in waiting)
    done = _board.done
    _board.offer(waiting, courier, now, more, linger=LINGER_SECONDS if patience is None else 0.0)
    if patience is not None:
        _board.wait(patience)
        _board.clear()
    return _board.done - done


def finish(seconds: float) -> None:
    """Take nothing further and wait for messages under way, at most `seconds`: a worker that ends would else send them
    again."""
    _board.clear(linger=0.0)
    _board.wait(seconds)


class _Came(Enum):
    """What came of one message: recorded, not (its lease ends, it is taken again), or the database is away."""

    DONE = auto()
    NOTHING = auto()
    NO_DATABASE = auto()


@dataclass(slots=True, eq=False)
class _Board:
    """What this process has to send and what it has under way. All calls share it: they neither wait for one another
    nor try one message twice."""

    courier: Courier | None = None
    more: Callable[[datetime], Rows] | None = None
    clock: tuple[datetime, float] = (datetime.min.replace(tzinfo=UTC), 0.0)
    lanes: dict[str, deque[tuple[int, Any]]] = field(default_factory=dict)
    at_work: Lanes = field(default_factory=Lanes)
    threads: int = 0
    linger: float = 0.0
    done: int = 0
    change: threading.Condition = field(default_factory=threading.Condition)

    def offer(
        self,
        waiting: Rows,
        courier: Courier,
        now: datetime,
        more: Callable[[datetime], Rows] | None = None,
        *,
        linger: float,
    ) -> None:
        """Put what is due in the place of what was listed before, and see to it that it is taken."""
        lanes: dict[str, deque[tuple[int, Any]]] = defaultdict(deque)
        with self.change:
            for place, (pk, lane) in enumerate(waiting):
                if pk not in self.at_work.under_way:
                    lanes[lane].append((place, pk))
            self.courier, self.clock, self.lanes = courier, (now, time.monotonic()), dict(lanes)
            self.more = more if lanes else None
            self.linger = linger
            self._help()

    def wait(self, seconds: float) -> None:
        """Until nothing is listed and nothing under way, at most `seconds`; threads start as lanes get room."""
        until = time.monotonic() + seconds
        with self.change:
            while (self.lanes or self.at_work.under_way) and (left := until - time.monotonic()) > 0:
                self.change.wait(min(left, self.at_work.patience))
                self._help()

    def clear(self, linger: float | None = None) -> None:
        """Nothing further is taken; `linger`: for how long threads still wait for something."""
        with self.change:
            self.lanes.clear()
            self.more = None
            self.linger = self.linger if linger is None else linger
            self.change.notify_all()

    def _help(self) -> None:
        """A thread for each message that could be taken now and that no thread is about to take."""
        takable = sum(min(len(places), self.at_work.room(lane)) for lane, places in self.lanes.items())
        for _thread in range(takable - (self.threads - len(self.at_work.under_way))):
            threading.Thread(target=self._work, name="deliver").start()
            self.threads += 1
        self.change.notify_all()

    def _take(self) -> tuple[Any, Courier, bool] | None:
        """The most urgent message whose lane has room, and whether it was waited for; None: none came in a while."""
        since, waited = time.monotonic(), False
        with self.change:
            while not (open_lanes := self._open_lanes()) or self.courier is None:
                if (left := since + self.linger - time.monotonic()) <= 0:
                    self.threads -= 1
                    self.change.notify_all()
                    return None
                self.change.wait(left)
                waited = True
            _place, lane = min(open_lanes)
            _place, pk = self.lanes[lane].popleft()
            if not self.lanes[lane]:
                del self.lanes[lane]
            self.at_work.begin(pk, lane)
            return pk, _without_connection(self.courier) if lane in self.at_work.slow else self.courier, waited

    def _open_lanes(self) -> list[tuple[int, str]]:
        return [(places[0][0], lane) for lane, places in self.lanes.items() if self.at_work.room(lane)]

    def _give_back(self, pk: Any, came: _Came) -> None:
        with self.change:
            self.at_work.end(pk)
            self.done += came is _Came.DONE
            if came is _Came.NO_DATABASE:
                self.lanes.clear()  # hundreds of errors would only hold up its return
                self.more = None
            self.change.notify_all()

    def _work(self) -> None:
        """A thread's life: message after message, then out, its database connections closed."""
        try:
            while (taken := self._take()) is not None:
                pk, courier, waited = taken
                if waited:
                    connection.close_if_unusable_or_obsolete()  # it may have been cut meanwhile
                came = _Came.NOTHING
                try:
                    came = _handled(pk, courier, self._now)
                finally:
                    self._give_back(pk, came)
                if came is _Came.DONE:
                    self._replenish()
        finally:
            connections.close_all()

    def _replenish(self) -> None:
        """Where all is taken, list what there is besides; one thread asks. Only after a message that came to its end:
        one that cannot even be put off would else be tried again and again without a pause."""
        with self.change:
            more, courier, now = self.more, self.courier, self._now()
            if more is None or courier is None or self.lanes:
                return
            self.more = None
        try:
            rows = list(more(now))
        except Exception as error:
            log.warning("not_listed", error=repr(error)[:300])
            return
        with self.change:
            if self.more is None and not self.lanes:  # else another call has listed meanwhile
                self.offer(rows, courier, now, more, linger=self.linger)

    def _now(self) -> datetime:
        """The tick's instant, moved on by the time since: one clock, also when it is moved by hand."""
        now, listed = self.clock
        return now + timedelta(seconds=time.monotonic() - listed)


_board = _Board()


def _without_connection(courier: Courier) -> Courier:
    """For a slow provider's messages, of which there may be many: they hold no database connection meanwhile."""

    def send(row: Any) -> Any:
        connections.close_all()
        return courier.send(row)

    return replace(courier, send=send)


def _handled(pk: Any, courier: Courier, clock: Callable[[], datetime]) -> _Came:
    """Claim, send, record one message. Whatever goes wrong stays with it."""
    try:
        row = _claimed(pk, courier, clock)
        if row is None:
            return _Came.NOTHING
        _record(row, _sent(row, courier), courier, clock)
    except Exception as error:
        if isinstance(error, DatabaseError) and not connection.in_atomic_block and not connection.is_usable():
            log.warning("delivery_stopped", pk=pk, error=repr(error)[:300])
            return _Came.NO_DATABASE
        log.exception("delivery_failed", pk=pk)
        return _Came.NOTHING
    return _Came.DONE


def _claimed(pk: Any, courier: Courier, clock: Callable[[], datetime]) -> Any:
    """The row under our lease, or None. One that raises is put off, unless it is the database that fails."""
    try:
        return courier.claim(pk, clock())
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        log.exception("claim_failed", pk=pk)
        courier.set_aside(pk, error, clock())
        return None


def _sent(row: Any, courier: Courier) -> Any:
    try:
        return courier.send(row)
    except Exception:
        log.exception("send_raised", pk=getattr(row, "pk", None))
        return None


def _record(row: Any, result: Any, courier: Courier, clock: Callable[[], datetime]) -> None:
    """Twice at need: a message that was sent but not recorded is sent again."""
    try:
        courier.record(row, result, clock())
    except DatabaseError:
        if connection.in_atomic_block:
            raise
        connection.close_if_unusable_or_obsolete()
        log.warning("record_again", pk=getattr(row, "pk", None))
        courier.record(row, result, clock())


def _in_memory() -> bool:
    """A database that lives in this process cannot be shared between threads without waiting for locks."""
    return connection.vendor == "sqlite" and connection.is_in_memory_db()  # type: ignore[attr-defined]
