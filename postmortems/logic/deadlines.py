"""The two clocks of a postmortem: by when its review is scheduled, by when it is published, and whom each reminds when.

Business days are those of the team: its working days in its zone without its holidays; such a day ends with the team's
working hours. A team that has no working days is given Monday to Friday.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from oncall.logic.hours import WorkingHours, working_spans

DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
HORIZON_WEEKS: Final = 56
OFFICE_DAYS: Final = frozenset(range(5))
OPENS, CLOSES = time(9), time(17)


@dataclass(frozen=True, slots=True)
class Calendar:
    """A team's working hours, and its holidays as dates in the hours' zone."""

    hours: WorkingHours
    holidays: frozenset[date] = frozenset()


class Clock(StrEnum):
    REVIEW = "review"
    PUBLISH = "publish"


class Audience(StrEnum):
    """Who is told, in the order in which it goes up."""

    OWNER = "owner"
    LEAD = "lead"
    MANAGERS = "managers"


class Reminder(StrEnum):
    HALF_TIME = "half_time"
    DAY_BEFORE = "day_before"
    DUE = "due"
    LEAD = "lead"
    MANAGERS = "managers"


@dataclass(frozen=True, slots=True)
class Step:
    """One message of a clock: `reminder` is its kind, unique within its clock."""

    reminder: Reminder
    audience: Audience
    at: datetime


def calendar_of(
    days: Collection[int], opens: time | None, closes: time | None, zone: str, holidays: Iterable[date] = ()
) -> Calendar:
    """A team's calendar (0 = Monday); without days it works Monday to Friday, without hours from 09:00 to 17:00."""
    hours = WorkingHours(frozenset(days) or OFFICE_DAYS, opens or OPENS, closes or CLOSES, zone)
    return Calendar(hours, frozenset(holidays))


def review_due_at(resolved_at: datetime, review_hours: int) -> datetime:
    """By when the review meeting must be scheduled, UTC: so many hours by the clock, nights and holidays too."""
    return resolved_at + timedelta(hours=review_hours)


def publish_due_at(resolved_at: datetime, business_days: int, calendar: Calendar) -> datetime:
    """By when it must be published, UTC: the end of the n-th business day after the day of resolve.

    0 is the same day: the end of the first working hours that are not over yet. ValueError for less than 0. Where no
    working day comes within 56 weeks, that many days by the clock.
    """
    if business_days < 0:
        raise ValueError("A number of business days is 0 or more.")
    ends = _ends_after(resolved_at, calendar, same_day=business_days == 0)
    due_at = next(islice(ends, max(business_days, 1) - 1, None), None)
    return due_at or resolved_at + business_days * DAY


def steps(started_at: datetime, due_at: datetime, calendar: Calendar) -> tuple[Step, ...]:
    """The reminders of one clock in order: the owner at half time, a day before and when due; then, while it is still
    not met, the team lead at the end of the next business day and the manager group at the end of the one after.

    Where the owner would be told twice at one instant, or a day before the clock began, the later kind alone counts.
    """
    owner = {
        started_at + (due_at - started_at) / 2: Reminder.HALF_TIME,
        due_at - DAY: Reminder.DAY_BEFORE,
        due_at: Reminder.DUE,
    }
    told = [Step(kind, Audience.OWNER, at) for at, kind in sorted(owner.items()) if at > started_at or at == due_at]
    return (
        *told,
        Step(Reminder.LEAD, Audience.LEAD, publish_due_at(due_at, 1, calendar)),
        Step(Reminder.MANAGERS, Audience.MANAGERS, publish_due_at(due_at, 2, calendar)),
    )


def owing(all_steps: Iterable[Step], sent: Collection[str], now: datetime) -> list[Step]:
    """What is to be sent now: of the reminders that came due, each audience's last one, unless it was sent already.

    Late is not lost, and what was missed does not come in a burst.
    """
    last = {step.audience: step for step in sorted(all_steps, key=lambda each: each.at) if step.at <= now}
    return [step for step in last.values() if step.reminder not in sent]


def next_step_at(all_steps: Iterable[Step], now: datetime) -> datetime | None:
    """When the next reminder comes due, UTC; None after the last one."""
    return min((step.at for step in all_steps if step.at > now), default=None)


def is_late(due_at: datetime | None, met_at: datetime | None, now: datetime) -> bool:
    """Was it met late, or is it not met though the time is over?"""
    return due_at is not None and (met_at or now) > due_at


def _ends_after(at: datetime, calendar: Calendar, *, same_day: bool) -> Iterator[datetime]:
    """The ends of the working days after the instant's own day in the team's zone, in order; with `same_day`, also of
    the hours that are not over at the instant."""
    zone = ZoneInfo(calendar.hours.timezone)
    today = at.astimezone(zone).date()
    last = at
    for weeks in range(0, HORIZON_WEEKS, 2):  # two weeks at a time: a year's spans are seldom needed
        since = at + weeks * WEEK
        for start, end in working_spans(calendar.hours, calendar.holidays, since, since + 2 * WEEK):
            if end > last and (same_day or start.astimezone(zone).date() > today):
                last = end
                yield end
