"""The chase of action items: defaults, reminders, what goes up, and the days and weeks of digests."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems.logic.due import (
    Item,
    days_overdue,
    default_due_on,
    digest,
    digest_at,
    digest_day,
    escalates_on,
    escalation_key,
    is_escalated,
    is_reminder_day,
    last_reminder_on,
    next_digest_at,
    next_reminder_on,
    next_weekly_digest_at,
    owes_reminder,
    owner_key,
    reminder_days,
    week_of,
    weekly_digest_day,
    weekly_key,
    weekly_span,
)

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
DUE = date(2026, 3, 18)
PRIORITIES = ("P1", "P2", "P3", "P4")
# Half hours, a date line crossed (Apia), a change by half an hour (Lord Howe), both hemispheres, midnight changes.
ZONES = (
    "UTC", "Europe/Lisbon", "America/Chicago", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe", "America/Havana",
    "Asia/Beirut", "Pacific/Kiritimati", "Asia/Kathmandu", "America/St_Johns", "Africa/Casablanca",
)  # fmt: skip
dates = st.dates(date(2024, 1, 1), date(2030, 12, 31))
instants = st.integers(0, 22 * 366 * 24 * 60).map(lambda n: datetime(2009, 1, 1, tzinfo=UTC) + timedelta(minutes=n))
zones = st.sampled_from(ZONES)


@pytest.mark.parametrize(("priority", "days"), [("P1", 14), ("P2", 30), ("P3", 60), ("P4", 90)])
def test_the_due_date_comes_from_the_priority(priority: str, days: int) -> None:
    assert default_due_on(priority, DUE) == DUE + days * DAY


def test_another_priority_has_no_due_date() -> None:
    with pytest.raises(ValueError, match="P1, P2, P3, P4"):
        default_due_on("P5", DUE)


def test_reminders_are_seven_days_and_a_day_before_on_the_day_and_weekly() -> None:
    assert [(day - DUE).days for day in islice(reminder_days(DUE), 6)] == [-7, -1, 0, 7, 14, 21]


@given(dates, st.integers(-30, 60))
def test_whether_when_next_and_when_last_agree_with_the_list(due_on: date, offset: int) -> None:
    day = due_on + offset * DAY
    listed = list(islice(reminder_days(due_on), 20))
    assert is_reminder_day(due_on, day) == (day in listed)
    assert next_reminder_on(due_on, day) == min(each for each in listed if each > day)
    assert last_reminder_on(due_on, day) == max((each for each in listed if each <= day), default=None)


@pytest.mark.parametrize(("priority", "days"), [("P1", 3), ("P2", 7), ("P3", 14), ("P4", 14)])
def test_it_goes_up_to_the_manager_by_priority(priority: str, days: int) -> None:
    assert escalates_on(priority, DUE) == DUE + days * DAY
    assert not is_escalated(priority, DUE, DUE + (days - 1) * DAY)
    assert is_escalated(priority, DUE, DUE + days * DAY)


def test_overdue_counts_from_the_day_after() -> None:
    assert [days_overdue(DUE, DUE + n * DAY) for n in (-2, 0, 1, 9)] == [0, 0, 1, 9]


def item(number: int, due_on: date, chased_from: date = DUE - 60 * DAY, reminded_on: date | None = None) -> Item:
    return Item(number, owner=1, priority="P2", due_on=due_on, chased_from=chased_from, reminded_on=reminded_on)


@given(dates, st.integers(0, 40), st.lists(st.integers(0, 90), max_size=8))
def test_walking_day_by_day_every_reminder_is_brought_once_and_an_outage_loses_none(
    due_on: date, lead: int, away: list[int]
) -> None:
    start = due_on - lead * DAY
    brought: list[date] = []
    reminded: date | None = None
    for offset in range(91):
        today = start + offset * DAY
        if offset in away:
            continue
        if owes_reminder(item(1, due_on, start, reminded), today):
            brought.append(today)
            reminded = today
    days = [start + offset * DAY for offset in range(91) if offset not in away]
    meant = [day for day in islice(reminder_days(due_on), 20) if start <= day]
    # Each reminder day is brought by the first digest from it on; several that fell into an outage by one.
    expected = {min((day for day in days if day >= each), default=None) for each in meant} - {None}
    assert brought == sorted(expected)


def test_a_digest_brings_what_is_to_be_reminded_of_and_beside_it_what_else_is_overdue() -> None:
    today = DUE
    due, soon, week_late = item(1, DUE), item(2, DUE + DAY), item(3, DUE - WEEK)
    late = item(4, DUE - 3 * DAY, reminded_on=DUE - 3 * DAY)
    far = item(5, DUE + 5 * DAY, reminded_on=DUE - 2 * DAY)
    told = digest([far, late, week_late, soon, due], today)
    assert told is not None
    assert told.reminders == (week_late, due, soon)
    assert told.overdue == (late,)


def test_a_day_on_which_nothing_is_to_be_reminded_of_has_no_digest() -> None:
    assert digest([item(1, DUE - 3 * DAY, reminded_on=DUE - 3 * DAY), item(2, DUE + 20 * DAY)], DUE) is None
    assert digest([], DUE) is None


def test_an_item_made_a_few_days_before_it_is_due_is_not_reminded_of_the_days_before_it_was() -> None:
    assert not owes_reminder(item(1, DUE, chased_from=DUE - 3 * DAY), DUE - 3 * DAY)
    assert owes_reminder(item(1, DUE, chased_from=DUE - 3 * DAY), DUE - DAY)


@given(zones, instants)
def test_every_local_day_has_exactly_one_digest_at_nine(zone: str, start: datetime) -> None:
    """Forty days on, from one digest to the next: no day twice, none left out, each at 09:00 of the wall clock."""
    at, days = start, []
    for _ in range(40):
        at = next_digest_at(at, zone)
        local = at.astimezone(ZoneInfo(zone))
        assert local.time().replace(tzinfo=None) == time(9)
        assert digest_day(at, zone) == local.date()
        assert digest_at(local.date(), zone) == at
        days.append(local.date())
    existing = {(start + n * timedelta(hours=1)).astimezone(ZoneInfo(zone)).date() for n in range(45 * 24)}
    assert days == sorted(day for day in existing if days[0] <= day <= days[-1])


@given(zones, instants, st.integers(0, 24 * 60))
def test_a_clock_set_back_an_hour_finds_no_new_day(zone: str, now: datetime, minutes: int) -> None:
    later = now + timedelta(minutes=minutes)
    days = [digest_day(at, zone) for at in (now, later, later - timedelta(hours=1), later)]
    assert days[2] <= days[1] == days[3]
    assert days[0] <= days[1]
    assert digest_at(days[1], zone) <= later


@pytest.mark.parametrize("zone", ["Europe/Lisbon", "America/Chicago", "Australia/Lord_Howe"])
def test_on_the_nights_of_both_changes_of_daylight_saving_there_is_one_digest(zone: str) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    seen: list[date] = []
    lengths: set[timedelta] = set()
    last = None
    while at < datetime(2027, 1, 1, tzinfo=UTC):  # every quarter of an hour of a year, as a beat would
        day = digest_day(at, zone)
        if not seen or seen[-1] != day:
            seen.append(day)
            lengths |= {at - last} if last else set()
            last = at
        at += timedelta(minutes=15)
    assert len(seen) == len(set(seen))
    assert seen == [seen[0] + n * DAY for n in range(len(seen))]
    assert len(lengths) >= 3  # a day of 24 hours, a shorter and a longer one (and the start)


def test_a_day_that_the_date_line_took_has_no_digest() -> None:
    assert digest_at(date(2011, 12, 30), "Pacific/Apia") is None
    assert next_digest_at(digest_at(date(2011, 12, 29), "Pacific/Apia"), "Pacific/Apia") == digest_at(
        date(2011, 12, 31), "Pacific/Apia"
    )


def test_a_zone_that_is_no_more_is_utc() -> None:
    assert digest_at(DUE, "Mars/Olympus") == datetime(2026, 3, 18, 9, tzinfo=UTC)


@given(zones, instants, st.integers(0, 6))
def test_weekly_digests_come_once_a_week_on_their_day(zone: str, now: datetime, weekday: int) -> None:
    day = weekly_digest_day(now, zone, weekday)
    assert day.weekday() == weekday
    assert digest_at(day, zone) <= now < next_weekly_digest_at(now, zone, weekday)
    coming = next_weekly_digest_at(now, zone, weekday)
    assert weekly_digest_day(coming, zone, weekday) > day
    assert weekly_digest_day(coming - timedelta(microseconds=1), zone, weekday) == day


def test_the_periods_of_weekly_digests_join_without_gap_or_overlap() -> None:
    zone = "America/Chicago"
    day = date(2026, 3, 2)
    spans = [weekly_span(day + n * WEEK, zone) for n in range(40)]
    assert all(spans[n][1] == spans[n + 1][0] for n in range(39))
    assert {end - start for start, end in spans} == {WEEK, WEEK - timedelta(hours=1), WEEK + timedelta(hours=1)}


def test_keys_name_kind_period_and_person() -> None:
    assert owner_key(7, DUE) == owner_key(7, DUE)
    assert len({owner_key(7, DUE), escalation_key(7, DUE), weekly_key(7, DUE), owner_key(8, DUE)}) == 4
    assert owner_key(7, DUE).period == "2026-03-18"
    assert weekly_key(7, DUE).period == "2026-W12"
    assert week_of(date(2027, 1, 1)) == "2026-W53"
    assert weekly_key(7, date(2026, 3, 16)) == weekly_key(7, date(2026, 3, 22))
