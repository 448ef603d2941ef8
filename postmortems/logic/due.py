"""The chase of action items: when each is due, when its owner is reminded, when it goes up, and when digests are sent.

A day is one of the owner's own zone. All that is sent in a digest is keyed by (kind, period, person): a key that was
used once is never used again, so neither two beats nor a clock set back send twice.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from oncall.logic.hours import sound_zone
from oncall.logic.wallclock import instant_of, utc, wall_of

DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
DIGEST_AT: Final = time(9)
MONDAY: Final = 0

DEFAULT_DAYS: Final = {"P1": 14, "P2": 30, "P3": 60, "P4": 90}
ESCALATION_DAYS: Final = {"P1": 3, "P2": 7}
LATER_ESCALATION_DAYS: Final = 14
BEFORE: Final = (timedelta(days=7), timedelta(days=1), timedelta())


class DigestKind(StrEnum):
    OWNER = "actions"
    MANAGER = "actions_manager"
    ESCALATION = "actions_escalation"


@dataclass(frozen=True, slots=True)
class DigestKey:
    """At most one message for each; `period` is a day (2026-03-29) or an ISO week (2026-W13)."""

    kind: DigestKind
    period: str
    person: int


@dataclass(frozen=True, slots=True)
class Item:
    """An action item that is not yet done. `chased_from` is the day on which it got its owner and due date;
    `reminded_on` the last day on which a digest brought it as a reminder, None if none did since."""

    id: int
    owner: int
    priority: str
    due_on: date
    chased_from: date
    reminded_on: date | None = None


@dataclass(frozen=True, slots=True)
class Digest:
    """What an owner is told: the items that are to be reminded of today, and the others that are overdue."""

    day: date
    reminders: tuple[Item, ...]
    overdue: tuple[Item, ...]


def default_due_on(priority: str, created_on: date) -> date:
    """14, 30, 60 or 90 days after, by priority; ValueError for another word."""
    if priority not in DEFAULT_DAYS:
        raise ValueError(f"{priority} is none of {', '.join(DEFAULT_DAYS)}")
    return created_on + DEFAULT_DAYS[priority] * DAY


def days_overdue(due_on: date, today: date) -> int:
    """0 until the due day is over."""
    return max((today - due_on).days, 0)


def reminder_days(due_on: date) -> Iterator[date]:
    """7 days and 1 day before, the day itself, then every week, without end."""
    yield from (due_on - before for before in BEFORE)
    week = due_on + WEEK
    while True:
        yield week
        week += WEEK


def is_reminder_day(due_on: date, day: date) -> bool:
    """Is the owner reminded on this day?"""
    late = day - due_on
    return -late in BEFORE or (late > timedelta() and late % WEEK == timedelta())


def next_reminder_on(due_on: date, after: date) -> date:
    """The first reminder day later than `after`."""
    if after >= due_on:
        return due_on + ((after - due_on) // WEEK + 1) * WEEK
    return next(day for day in reminder_days(due_on) if day > after)


def last_reminder_on(due_on: date, today: date) -> date | None:
    """The latest reminder day that has come; None before the first."""
    if today >= due_on:
        return due_on + (today - due_on) // WEEK * WEEK
    return max((due_on - before for before in BEFORE if due_on - before <= today), default=None)


def owes_reminder(item: Item, today: date) -> bool:
    """Has a reminder day come, since the item is chased, that no digest brought? What was missed is brought later."""
    last = last_reminder_on(item.due_on, today)
    if last is None or last < item.chased_from:
        return False
    return item.reminded_on is None or item.reminded_on < last


def digest(items: Iterable[Item], today: date) -> Digest | None:
    """One owner's digest for a day; None where no reminder is owed: what is overdue is told weekly, not daily."""
    ordered = sorted(items, key=lambda item: (item.due_on, item.priority, item.id))
    reminders = tuple(item for item in ordered if owes_reminder(item, today))
    if not reminders:
        return None
    others = (item for item in ordered if item not in reminders and item.due_on < today)
    return Digest(today, reminders, tuple(others))


def escalates_on(priority: str, due_on: date) -> date:
    """The day on which the manager is told: 3 (P1), 7 (P2) or 14 days after it was due."""
    return due_on + ESCALATION_DAYS.get(priority, LATER_ESCALATION_DAYS) * DAY


def is_escalated(priority: str, due_on: date, today: date) -> bool:
    """Is it the manager's matter too?"""
    return today >= escalates_on(priority, due_on)


def digest_at(day: date, zone: str) -> datetime | None:
    """09:00 of a day in the zone, UTC; on a day whose 09:00 the clock skips, the end of the gap. None for a day that
    the zone does not have (a change of the date line). A zone that does not exist is UTC."""
    name = sound_zone(zone)
    at = instant_of(name, datetime.combine(day, DIGEST_AT))
    return at if wall_of(name, at).date() == day else None


def digest_day(now: datetime, zone: str) -> date:
    """The latest day whose digest has come due at this instant: today from 09:00 on, else the day before it."""
    day = wall_of(sound_zone(zone), utc(now)).date()
    while (at := digest_at(day, zone)) is None or at > now:
        day -= DAY
    return day


def next_digest_at(now: datetime, zone: str) -> datetime:
    """When the next day's digest comes due, UTC, later than `now`."""
    day = digest_day(now, zone) + DAY
    while (at := digest_at(day, zone)) is None or at <= now:
        day += DAY
    return at


def owner_key(person: int, day: date) -> DigestKey:
    """An owner's digest of a day."""
    return DigestKey(DigestKind.OWNER, day.isoformat(), person)


def escalation_key(person: int, day: date) -> DigestKey:
    """A manager's message of a day about items that became theirs too."""
    return DigestKey(DigestKind.ESCALATION, day.isoformat(), person)


def weekly_key(person: int, day: date) -> DigestKey:
    """A manager's digest of the ISO week that the day lies in."""
    return DigestKey(DigestKind.MANAGER, week_of(day), person)


def week_of(day: date) -> str:
    """The day's ISO week: 2026-W13."""
    year, week, _weekday = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def weekly_digest_day(now: datetime, zone: str, weekday: int = MONDAY) -> date:
    """The latest weekday (0 = Monday) of the manager's zone whose digest, at 09:00, has come due."""
    day = digest_day(now, zone)
    while day.weekday() != weekday or digest_at(day, zone) is None:
        day -= DAY
    return day


def next_weekly_digest_at(now: datetime, zone: str, weekday: int = MONDAY) -> datetime:
    """When the next weekly digest comes due, UTC, later than `now`; in a week without that day, in the next one."""
    day = weekly_digest_day(now, zone, weekday) + WEEK
    while (at := digest_at(day, zone)) is None or at <= now:
        day += WEEK
    return at


def weekly_span(day: date, zone: str) -> tuple[datetime, datetime]:
    """What a weekly digest tells of: [the same weekday's digest a week ago, this one), UTC."""
    name = sound_zone(zone)
    start, end = (instant_of(name, datetime.combine(each, DIGEST_AT)) for each in (day - WEEK, day))
    return start, end
