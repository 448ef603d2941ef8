"""The two clocks of a postmortem, against an oracle that counts days one by one, and the reminders of each."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest

from postmortems.logic.deadlines import (
    Audience,
    Calendar,
    Reminder,
    calendar_of,
    is_late,
    next_step_at,
    owing,
    publish_due_at,
    review_due_at,
    steps,
)

# country, zone, working days: weeks that end on different days, both hemispheres, with and without daylight saving.
TEAMS = {
    "PT": ("Europe/Lisbon", (0, 1, 2, 3, 4)),
    "US": ("America/Chicago", (0, 1, 2, 3, 4)),
    "JP": ("Asia/Tokyo", (0, 1, 2, 3, 4)),
    "SA": ("Asia/Riyadh", (6, 0, 1, 2, 3)),
    "NZ": ("Pacific/Auckland", (0, 1, 2, 3, 4)),
}
YEARS = (2025, 2026, 2027)
CLOSES = time(17, 30)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def closed_on(country: str) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=[*YEARS, YEARS[-1] + 1]))


def oracle(resolved_at: datetime, business_days: int, country: str, off: frozenset[date]) -> datetime:
    """Day by day, in local time, with a counter."""
    zone_name, week = TEAMS[country]
    zone = ZoneInfo(zone_name)
    local = resolved_at.astimezone(zone)
    day, left = local.date(), business_days
    if left == 0:
        left = 1
        if local.time() < CLOSES:
            day -= DAY
    while left > 0:
        day += DAY
        if day.weekday() in week and day not in off:
            left -= 1
    return datetime(day.year, day.month, day.day, CLOSES.hour, CLOSES.minute, tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize("country", TEAMS)
def test_business_days_are_those_that_an_oracle_counts_over_three_years(country: str) -> None:
    zone, week = TEAMS[country]
    off = closed_on(country)
    calendar = calendar_of(week, time(9), CLOSES, zone, off)
    at, end, judged = datetime(YEARS[0], 1, 1, tzinfo=UTC), datetime(YEARS[-1] + 1, 1, 1, tzinfo=UTC), 0
    while at < end:
        for business_days in (0, 1, 5):
            assert publish_due_at(at, business_days, calendar) == oracle(at, business_days, country, off), at
            judged += 1
        at += 17 * HOUR + timedelta(minutes=13)  # every hour of the day, every day of the week
    assert judged > 4_500
    assert len({day for day in off if day.year in YEARS and day.weekday() in week}) > 15  # holidays that matter


def office(*off: date) -> Calendar:
    return calendar_of((0, 1, 2, 3, 4), time(9), time(17), "America/Chicago", off)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_five_business_days_end_when_the_team_goes_home() -> None:
    assert publish_due_at(at("2026-03-04T03:00-06:00"), 5, office()) == at(
        "2026-03-11T17:00-05:00"
    )  # over the DST change
    assert publish_due_at(at("2026-03-07T03:00-06:00"), 5, office()) == at("2026-03-13T17:00-05:00")  # a Saturday
    assert publish_due_at(at("2026-03-04T03:00-06:00"), 5, office(date(2026, 3, 9))) == at("2026-03-12T17:00-05:00")


def test_the_same_day_is_today_while_the_team_works_and_else_its_next_day() -> None:
    assert publish_due_at(at("2026-03-04T03:00-06:00"), 0, office()) == at("2026-03-04T17:00-06:00")
    assert publish_due_at(at("2026-03-04T17:00-06:00"), 0, office()) == at("2026-03-05T17:00-06:00")
    assert publish_due_at(at("2026-03-06T18:00-06:00"), 0, office()) == at("2026-03-09T17:00-05:00")


def test_fewer_than_no_days_are_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        publish_due_at(at("2026-03-04T03:00-06:00"), -1, office())


def test_a_team_without_days_or_hours_still_has_a_deadline() -> None:
    bare = calendar_of((), None, None, "UTC")
    assert publish_due_at(at("2026-03-06T12:00+00:00"), 1, bare) == at("2026-03-09T17:00+00:00")
    never = calendar_of((0,), None, None, "UTC", {date(2026, 1, 5) + n * DAY for n in range(800)})
    assert publish_due_at(at("2026-03-06T12:00+00:00"), 5, never) == at("2026-03-11T12:00+00:00")


def test_hours_past_midnight_end_on_the_next_morning() -> None:
    night = calendar_of((0,), time(22), time(6), "UTC")
    assert publish_due_at(at("2026-03-06T12:00+00:00"), 1, night) == at("2026-03-10T06:00+00:00")
    assert publish_due_at(at("2026-03-10T03:00+00:00"), 0, night) == at("2026-03-10T06:00+00:00")


def test_the_review_is_due_by_the_clock() -> None:
    assert review_due_at(at("2026-03-06T12:00+00:00"), 48) == at("2026-03-08T12:00+00:00")


def test_the_owner_is_reminded_three_times_then_it_goes_up_step_by_step() -> None:
    started, due = at("2026-03-02T10:00-06:00"), at("2026-03-09T17:00-05:00")
    told = steps(started, due, office())
    assert [(step.reminder, step.audience) for step in told] == [
        (Reminder.HALF_TIME, Audience.OWNER),
        (Reminder.DAY_BEFORE, Audience.OWNER),
        (Reminder.DUE, Audience.OWNER),
        (Reminder.LEAD, Audience.LEAD),
        (Reminder.MANAGERS, Audience.MANAGERS),
    ]
    assert [step.at for step in told] == [
        started + (due - started) / 2,
        due - DAY,
        due,
        at("2026-03-10T17:00-05:00"),
        at("2026-03-11T17:00-05:00"),
    ]


def test_half_of_two_days_is_a_day_before_and_told_once() -> None:
    started = at("2026-03-02T10:00-06:00")
    told = steps(started, review_due_at(started, 48), office())
    assert [step.reminder for step in told] == [Reminder.DAY_BEFORE, Reminder.DUE, Reminder.LEAD, Reminder.MANAGERS]


def test_a_clock_of_hours_has_no_day_before() -> None:
    started = at("2026-03-02T10:00-06:00")
    told = steps(started, publish_due_at(started, 0, office()), office())
    assert [step.reminder for step in told] == [Reminder.HALF_TIME, Reminder.DUE, Reminder.LEAD, Reminder.MANAGERS]


def test_walking_through_the_clock_sends_each_reminder_once_in_order() -> None:
    started = at("2026-03-02T10:00-06:00")
    told = steps(started, publish_due_at(started, 5, office()), office())
    sent: list[Reminder] = []
    now = started
    while (coming := next_step_at(told, now)) is not None:
        assert owing(told, sent, coming - timedelta(microseconds=1)) == []
        now = coming
        sent += [step.reminder for step in owing(told, sent, now)]
        assert owing(told, sent, now) == []
    assert sent == list(Reminder)


def test_after_an_outage_each_is_told_once_and_nobody_is_told_what_is_out_of_date() -> None:
    started = at("2026-03-02T10:00-06:00")
    told = steps(started, publish_due_at(started, 5, office()), office())
    long_after = told[-1].at + 30 * DAY
    assert [step.reminder for step in owing(told, [], long_after)] == [
        Reminder.DUE,
        Reminder.LEAD,
        Reminder.MANAGERS,
    ]
    assert owing(told, [Reminder.DUE, Reminder.LEAD, Reminder.MANAGERS], long_after) == []


def test_late_is_what_was_met_late_or_is_not_met() -> None:
    due = at("2026-03-06T12:00+00:00")
    assert not is_late(due, None, due)
    assert is_late(due, None, due + HOUR)
    assert is_late(due, due + HOUR, due - HOUR)
    assert not is_late(due, due, due + HOUR)
    assert not is_late(None, None, due)
