"""Half-open spans [from, to) of instants: until when an unbroken run of them holds."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

HORIZON: Final = timedelta(days=366)  # a run that lasts longer is not followed further


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """[from_at, to_at); empty where to_at is not later."""

    from_at: datetime
    to_at: datetime

    def holds_at(self, at: datetime) -> bool:
        """Does `at` lie in it?"""
        return self.from_at <= at < self.to_at


def end_of_run(spans_around: Callable[[datetime], Iterable[Span]], at: datetime) -> datetime | None:
    """The end of the unbroken run of overlapping or touching spans that holds at `at`; None where none does.

    `spans_around(instant)` gives at least every span that contains the instant. A run of more than a year is given
    an end beyond that year.
    """
    end = at
    while end - at < HORIZON:
        further = max((span.to_at for span in spans_around(end) if span.holds_at(end)), default=end)
        if further == end:
            break
        end = further
    return end if end > at else None
