"""When somebody is told that it is not well. By the monotonic clock: a wall clock that is set changes nothing here."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

PATIENCE_SECONDS: Final = 60.0
AGAIN_SECONDS: Final = 30 * 60.0
STEADY_SECONDS: Final = 15.0
OWN_PAUSE_SECONDS: Final = 30.0


class News(Enum):
    """What there is to tell."""

    BEGAN = "began"
    LASTS = "lasts"
    OVER = "over"


@dataclass(slots=True)
class Alarm:
    """`well_at` is up to when all was well, as far as it was proven. All times are monotonic seconds.

    At the start that is now: what began a moment ago has the time to come up.
    """

    well_at: float
    seen_at: float
    ill: bool = False
    green_at: float | None = None
    told_at: float | None = None

    @classmethod
    def starting(cls, clock: float) -> "Alarm":
        return cls(well_at=clock, seen_at=clock)

    def see(self, green: bool, proof_seconds: float, clock: float) -> News | None:
        """Take note of one look. `proof_seconds`: how old the oldest proof is that a green look rests on, so that the
        patience counts from an engine's last sign of life and not from when it was missed."""
        pause = clock - self.seen_at
        if pause > OWN_PAUSE_SECONDS:
            self.well_at += pause  # we were stopped ourselves, and nobody looked
        self.seen_at = clock
        return self._green(proof_seconds, clock) if green else self._not_green(clock)

    def ill_seconds(self, clock: float) -> float:
        """For how long it has not been well."""
        return clock - self.well_at

    def _green(self, proof_seconds: float, clock: float) -> News | None:
        if self.green_at is None:
            self.green_at = clock
        if self.ill and clock - self.green_at < STEADY_SECONDS:
            return None  # one green look between many others ends nothing
        told, self.ill, self.told_at = self.told_at, False, None
        self.well_at = clock - proof_seconds
        return News.OVER if told is not None else None

    def _not_green(self, clock: float) -> News | None:
        self.ill, self.green_at = True, None
        if self.told_at is None and self.ill_seconds(clock) >= PATIENCE_SECONDS:
            self.told_at = clock
            return News.BEGAN
        if self.told_at is not None and clock - self.told_at >= AGAIN_SECONDS:
            self.told_at = clock
            return News.LASTS
        return None
