"""How far action items come: what share of them is done, and how long that took."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final


@dataclass(frozen=True, slots=True)
class Age:
    """A step of age: [from_days, below) days since it was added; `below` 0: without end."""

    key: str
    from_days: int
    below: int


# As the due dates by priority: what is older than the last one should be done, whatever it is.
AGES: Final = (Age("new", 0, 14), Age("month", 14, 30), Age("quarter", 30, 90), Age("old", 90, 0))


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of some action items are done, still to do (of these: overdue), and will not be done."""

    done: int = 0
    open: int = 0
    overdue: int = 0
    declined: int = 0

    @property
    def all(self) -> int:
        return self.done + self.open + self.declined

    @property
    def rate(self) -> float | None:
        """Done of those that are to be done, 0 to 1; what won't be done counts for neither. None of nothing."""
        wanted = self.done + self.open
        return self.done / wanted if wanted else None


def median_days(days: Sequence[float]) -> float | None:
    """The middle of so many durations, in days; None of none."""
    return median(days) if days else None
