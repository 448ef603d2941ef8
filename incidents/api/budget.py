"""How many events a key may still send this minute, as one process counts: a sliding window in memory."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(slots=True)
class _Count:
    minute: int
    events: int = 0
    before: int = 0


class Budget:
    """A sliding minute, estimated from this minute and the one before (so that a boundary does not double it).

    Each web process counts for itself: with n processes a key may reach n times its limit.
    """

    WINDOW_SECONDS: Final = 60
    MAX_KEYS: Final = 10_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: dict[int, _Count] = {}
        self._lock = threading.Lock()

    def spend(self, key: int, limit: int) -> bool:
        """Count one event of `key`; False, and not counted, where `limit` of the last minute is used up."""
        at = self._clock()
        minute, into = int(at // self.WINDOW_SECONDS), at % self.WINDOW_SECONDS / self.WINDOW_SECONDS
        with self._lock:
            count = self._current(key, minute)
            if count.events + count.before * (1 - into) >= limit:
                return False
            count.events += 1
            return True

    def _current(self, key: int, minute: int) -> _Count:
        count = self._counts.get(key)
        if count is None or count.minute != minute:
            before = count.events if count and count.minute == minute - 1 else 0
            if len(self._counts) >= self.MAX_KEYS:
                self._counts.clear()
            count = self._counts[key] = _Count(minute, 0, before)
        return count
