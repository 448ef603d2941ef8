"""What a manager's week says, as figures."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Figures:
    """`open` and `overdue` as they are now; `moved` and `completed` in the week; `due` counts what was due in the week
    and was not given up, `due_done` how much of it is done by now."""

    open: int
    overdue: int
    moved: int
    completed: int
    due: int
    due_done: int
    late_postmortems: int
    unsigned: int
    oldest_on: date | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing to tell at all."""
        said = (self.open, self.moved, self.completed, self.due, self.late_postmortems, self.unsigned)
        return not any(said)

    @property
    def rate(self) -> int | None:
        """The completion rate in whole percent, rounded down so that 100 means all; None where nothing was due."""
        return self.due_done * 100 // self.due if self.due else None

    def oldest_days(self, today: date) -> int | None:
        """The age of the oldest open item in days."""
        return max((today - self.oldest_on).days, 0) if self.oldest_on else None


def oldest(days: Collection[date]) -> date | None:
    return min(days, default=None)
