"""Requests that wait together share one INSERT and one commit; each goes on only after that commit."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import OperationalError, connection

Row = tuple[Any, ...]

MOST_TOGETHER: Final = 500
MAX_WAITING: Final = 5_000
PATIENCE_SECONDS: Final = 30.0


class Overloaded(OperationalError):  # noqa: N818 — it reads as what happened
    """So many wait for the database that another would wait too long; nothing was stored."""


@dataclass(eq=False, slots=True)
class _Waiting:
    row: Row
    done: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None


class Committer:
    """One thread with one connection. It waits for nobody: what is there when it is free goes together.

    `write(rows)` commits all of them or raises. `lost(error)` tells errors of the connection, which concern all rows
    alike, from those that one row may have caused: then each is written alone. `after()` follows a commit.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Row]], None],
        lost: Callable[[Exception], bool],
        after: Callable[[], None],
        most: int = MAX_WAITING,
    ) -> None:
        self._write, self._lost, self._after, self._most = write, lost, after, most
        self._queue: deque[_Waiting] = deque()
        self._some = threading.Condition()
        self._thread: threading.Thread | None = None

    def commit(self, row: Row) -> None:
        """Returns once `row` is committed. Raises Overloaded, or what writing it raised."""
        one = _Waiting(row)
        with self._some:
            if len(self._queue) >= self._most:
                raise Overloaded("too many alerts wait for the database")
            self._queue.append(one)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
                self._thread.start()
            self._some.notify()
        if not one.done.wait(PATIENCE_SECONDS):
            raise OperationalError("the database did not answer in time")
        if one.error is not None:
            raise one.error

    def _run(self) -> None:
        while True:
            with self._some:
                while not self._queue:
                    self._some.wait()
                batch = [self._queue.popleft() for _ in range(min(len(self._queue), MOST_TOGETHER))]
            try:
                self._together(batch)
            finally:
                for one in batch:
                    one.done.set()

    def _together(self, batch: Sequence[_Waiting]) -> None:
        try:
            self._write([one.row for one in batch])
        except Exception as error:
            if len(batch) == 1 or self._lost(error):
                for one in batch:
                    one.error = error
                return
            for one in batch:
                self._together([one])
            return
        self._after()


def connection_lost(error: Exception) -> bool:
    """Whether an error has nothing to do with the rows."""
    return isinstance(error, OperationalError) or not connection.is_usable()
