"""The clocks of a severity: by when somebody must have responded, and by when the next update is due."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

NEXT_BUSINESS_DAY: Final = "next_business_day"
_HORIZON_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """A team's working days: weekdays (Monday is 0) in `zone` (an IANA name) without `holidays`, ending at `closes`."""

    zone: str = "UTC"
    weekdays: AbstractSet[int] = frozenset(range(5))
    closes: time = time(17)
    holidays: AbstractSet[date] = frozenset()


def response_due(opened_at: datetime, response: int | str | None, days: BusinessDays | None = None) -> datetime | None:
    """The instant by which somebody must have acknowledged; None where nobody has to.

    `response` is minutes, or "next_business_day": the end of the first working day after the day of opening, in the
    team's zone. Raises ValueError for another word.
    """
    if response is None:
        return None
    if isinstance(response, int):
        return opened_at + timedelta(minutes=response)
    if response != NEXT_BUSINESS_DAY:
        raise ValueError(f"A response time is minutes or {NEXT_BUSINESS_DAY}.")
    return _end_of_next_business_day(opened_at, days or BusinessDays())


def update_due(
    declared_at: datetime, last_update_at: datetime | None, update_minutes: int | None, first_minutes: int | None = None
) -> datetime | None:
    """When the next status update is due; None where none is. The first counts from `declared_at`, each later one from
    the one before; `first_minutes` left out means `update_minutes`."""
    if last_update_at is not None:
        return None if update_minutes is None else last_update_at + timedelta(minutes=update_minutes)
    minutes = update_minutes if first_minutes is None else first_minutes
    return None if minutes is None else declared_at + timedelta(minutes=minutes)


def overdue(due_at: datetime | None, met_at: datetime | None, now: datetime) -> bool:
    """Was the deadline missed: met late, or not met though it is past?"""
    return due_at is not None and (met_at or now) > due_at


def _end_of_next_business_day(opened_at: datetime, days: BusinessDays) -> datetime:
    zone = ZoneInfo(days.zone)
    opened_on = opened_at.astimezone(zone).date()
    coming = (opened_on + timedelta(days=n) for n in range(1, _HORIZON_DAYS))
    working = (day for day in coming if day.weekday() in days.weekdays and day not in days.holidays)
    # A team that never works still gets a deadline: the day after.
    day = next(working, opened_on + timedelta(days=1))
    return datetime.combine(day, days.closes, zone).astimezone(UTC)
