"""When a team works: its weekly hours without its holidays."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from oncall.logic.wallclock import instant_of, utc, wall_of

SEARCH_DAYS = 400
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """`start` to `end` of the wall clock in `timezone` on `days` (0 = Monday).

    An end not after the start is past midnight; such hours belong to the day on which they start.
    """

    days: frozenset[int]
    start: time
    end: time
    timezone: str


@lru_cache(maxsize=512)
def sound_zone(name: str) -> str:
    """The zone's name, or UTC for one that does not exist (any more): better paged an hour off than not."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return "UTC"
    return name


def is_working(hours: WorkingHours, holidays: frozenset[date], at: datetime) -> bool:
    """Whether the aware instant lies in working hours; `holidays` are dates in the hours' zone."""
    today = wall_of(hours.timezone, at).date()
    return any(_covers(_span(hours, holidays, day), at) for day in (today - DAY, today))


def next_working_instant(hours: WorkingHours, holidays: frozenset[date], at: datetime) -> datetime | None:
    """The first working instant (UTC) not before `at`, `at` itself when working; None if none within 400 days."""
    at = utc(at)
    yesterday = wall_of(hours.timezone, at).date() - DAY
    for offset in range(SEARCH_DAYS + 2):
        span = _span(hours, holidays, yesterday + offset * DAY)
        if span and at < span[1]:
            return max(at, span[0])
    return None


def working_spans(
    hours: WorkingHours, holidays: frozenset[date], start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """The working hours (UTC) that overlap [start, end), whole, in order."""
    first = wall_of(hours.timezone, utc(start)).date() - DAY
    days = (first + offset * DAY for offset in range((end - start).days + 4))
    spans = [span for day in days if (span := _span(hours, holidays, day))]
    return [(since, till) for since, till in spans if since < end and till > start]


def _span(hours: WorkingHours, holidays: frozenset[date], day: date) -> tuple[datetime, datetime] | None:
    """The working hours that start on a day; none on a day off, or where the zone skips all of them."""
    if day.weekday() not in hours.days or day in holidays:
        return None
    last = day if hours.end > hours.start else day + DAY
    start = instant_of(hours.timezone, datetime.combine(day, hours.start))
    end = instant_of(hours.timezone, datetime.combine(last, hours.end))
    return (start, end) if start < end else None


def _covers(span: tuple[datetime, datetime] | None, at: datetime) -> bool:
    return span is not None and span[0] <= at < span[1]
