"""How many messages of one provider, a lane, may be under way at once in this process."""

import time
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Final

# A message mostly waits, for the database and for its provider: two at a time were fifty a second beside threads that
# drain and escalate, and an outage of ten seconds took twenty to work off.
PER_LANE: Final = 4
# A message that is under way for longer does not count for its lane: a provider that hangs for a while would else be
# left alone until its last caller's timeout, and is found well again by the next message.
SLOW_SECONDS: Final = 1.0
MOST_OF_A_LANE: Final = 16  # while it hangs
ASK_SECONDS: Final = 1.0  # beyond that one more so often finds out whether it still does
MANY: Final = 32  # under way in this process: beyond that a lane gets no more than its first few


@dataclass(slots=True)
class Lanes:
    """What is under way, by key: its lane and since when (monotonic seconds)."""

    under_way: dict[Hashable, tuple[str, float]] = field(default_factory=dict)
    slow: set[str] = field(default_factory=set)  # lanes that answered nothing quickly since one took long
    answered_at: dict[str, float] = field(default_factory=dict)  # quickly, the last time

    def begin(self, key: Hashable, lane: str) -> None:
        self.under_way[key] = (lane, time.monotonic())

    def end(self, key: Any) -> None:
        lane, began = self.under_way.pop(key)
        now = time.monotonic()
        if now - began <= SLOW_SECONDS:
            self.slow.discard(lane)
            self.answered_at[lane] = now

    @property
    def patience(self) -> float:
        """After so many seconds there may be room, though nothing has ended."""
        return min(SLOW_SECONDS, ASK_SECONDS)

    def room(self, lane: str) -> int:
        """How many more messages of the lane may begin."""
        now = time.monotonic()
        since = [began for other, began in self.under_way.values() if other == lane]
        long = [began for began in since if now - began > SLOW_SECONDS]
        hangs = bool(long) and max(long) > self.answered_at.get(lane, 0.0)
        if hangs:
            self.slow.add(lane)
        if len(since) < PER_LANE:
            return PER_LANE - len(since)
        most = MANY - len(self.under_way)
        if hangs:
            asked_lately = now - max(since) <= ASK_SECONDS
            most = min(most, max(MOST_OF_A_LANE - len(since), 0 if asked_lately else 1))
        return max(min(PER_LANE - len(since) + len(long), most), 0)
