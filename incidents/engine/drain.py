"""Drains the inbox until nothing waits."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from incidents import intake

# One run leaves its worker to pages and messages after this long; the next one goes on.
MAX_SECONDS: Final = 5.0
# Whoever comes while a batch is worked on waits for its end: on a busy machine batches are smaller, and one that takes
# long gets a second thread beside it.
SLOW_SECONDS: Final = 0.2
LONG_SECONDS: Final = 0.1
SMALLEST: Final = 50
# After a batch of fewer signals than that, so many times its own length: the process is free for pages and messages,
# and what comes meanwhile is worked on together. A batch costs little more for ten alerts than for one.
REST: Final = 4
MOST_REST_SECONDS: Final = 0.2


@dataclass(slots=True, eq=False)
class _Seat:
    """One thread of the process drains here. Whoever finds the seat taken asks the one who sits to look once more."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    asked: threading.Event = field(default_factory=threading.Event)
    began: float | None = None  # its batch, monotonic seconds; None: none, or it rests

    def drained(self, batch: Callable[[], int], until: float, *, rests: bool) -> int | None:
        """Batch after batch until nothing waits, or until then; None where the seat is taken by one whose batch
        takes long."""
        count = None
        self.asked.set()
        # Asked again after the lock is free: whoever found it taken a moment before is heard.
        while self.asked.is_set() and self.lock.acquire(blocking=False):
            try:
                self.asked.clear()
                count = count or 0
                self.began = time.monotonic()
                while done := batch():
                    count += done
                    worked, self.began = time.monotonic() - self.began, None
                    if time.monotonic() > until:
                        return count
                    if rests and done < SMALLEST:
                        time.sleep(min(REST * worked, MOST_REST_SECONDS))
                    self.began = time.monotonic()
            finally:
                self.began = None
                self.lock.release()
        return 0 if count is None and not self._takes_long() else count

    def _takes_long(self) -> bool:
        began = self.began
        return began is not None and time.monotonic() - began > LONG_SECONDS


@dataclass(slots=True, eq=False)
class _Pace:
    """How many signals a batch takes, by how long the last one took."""

    limit: int = intake.BATCH

    def batch(self, now: datetime) -> int:
        began = time.monotonic()
        done = intake.drain(now, self.limit)
        if done:
            slow = time.monotonic() - began > SLOW_SECONDS
            self.limit = max(self.limit // 2, SMALLEST) if slow else min(self.limit * 2, intake.BATCH)
        return done


_all = _Seat()
# Beside a flood's batch, which may take a while, one more thread sees to the senders of a few alerts.
_small = _Seat()
_pace = _Pace()


def run(now: datetime, *, rests: bool = False) -> int:
    """Signals that were looked at; again and again while there are any.

    At most two threads of a process drain, so that the others are free for pages and messages; who finds no seat is
    heard by whoever sits, and returns 0. `rests`: leave the process to those others for a moment after a small batch.
    """
    until = time.monotonic() + MAX_SECONDS
    instants = _instants(now)
    count = _all.drained(lambda: _pace.batch(next(instants)), until, rests=rests)
    if count is None:
        count = _small.drained(lambda: intake.drain(next(instants), small_only=True), until, rests=rests)
    return count or 0


def _instants(now: datetime) -> Iterator[datetime]:
    """`now` for the first batch, its own clock moved on for the later ones: what is received while a flood is drained
    would else count as older than it is, and its second step would come too early."""
    began = time.monotonic()
    yield now
    while True:
        yield now + timedelta(seconds=time.monotonic() - began)
