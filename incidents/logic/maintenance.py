"""Maintenance of a service: windows planned once or recurring weekly; it holds while any window does."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from incidents.logic.spans import Span, end_of_run

WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Window:
    """[from_at, to_at); with `weekly` again every week at the same wall-clock times in `zone` (an IANA name).

    `until_at` ends the recurring: nothing holds from it on.
    """

    from_at: datetime
    to_at: datetime
    weekly: bool = False
    zone: str = "UTC"
    until_at: datetime | None = None


def holds_at(windows: Sequence[Window], at: datetime) -> datetime | None:
    """Until when maintenance holds without a break, if it does at `at`; None where it does not.

    Windows that overlap or touch are one. One that never ends is reported a year ahead.
    """
    return end_of_run(lambda instant: _around(windows, instant), at)


def next_change(windows: Sequence[Window], at: datetime) -> datetime | None:
    """The next instant after `at` at which maintenance begins or ends; None where nothing changes any more."""
    end = holds_at(windows, at)
    if end is not None:
        return end
    return min((span.from_at for span in _around(windows, at) if at < span.from_at < span.to_at), default=None)


def _around(windows: Iterable[Window], at: datetime) -> Iterator[Span]:
    """Every span that contains `at`, and of each window at least the next one after it."""
    for window in windows:
        if not window.weekly:
            yield Span(window.from_at, window.to_at)
        elif window.from_at < window.to_at:
            yield from _recurring(window, at)


def _recurring(window: Window, at: datetime) -> Iterator[Span]:
    zone = ZoneInfo(window.zone)
    begins, ends = (moment.astimezone(zone).replace(tzinfo=None) for moment in (window.from_at, window.to_at))
    weeks = (at.astimezone(zone).replace(tzinfo=None) - begins) // WEEK
    # One week more on either side: wall-clock weeks and weeks of instants differ by a DST change, and a window that
    # falls wholly into a skipped hour does not happen.
    longest = (ends - begins) // WEEK + 1
    for week in range(max(0, weeks - longest - 1), max(0, weeks) + 4):
        span = Span(_instant(begins + week * WEEK, zone), _instant(ends + week * WEEK, zone))
        if window.until_at is not None:
            span = Span(span.from_at, min(span.to_at, window.until_at))
        if span.from_at < span.to_at:
            yield span


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant of a wall-clock time: the first of two, and for a skipped one the end of the gap."""
    early, late = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    if early.astimezone(zone).replace(tzinfo=None) == wall or early > late:
        return late
    # In a gap: the offset changes once between the two readings; find that second.
    before = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)
