"""Working hours: days, holidays, midnight and changes of offset."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.logic.hours import WorkingHours, is_working, next_working_instant
from oncall.logic.wallclock import wall_of

WEEK = frozenset(range(5))
OFFICE = WorkingHours(WEEK, time(9), time(17), "America/Chicago")
NIGHT = WorkingHours(frozenset({4}), time(22), time(6), "America/Chicago")
NONE: frozenset[date] = frozenset()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_working_from_the_first_minute_until_before_the_last() -> None:
    assert not is_working(OFFICE, NONE, at("2026-01-05T08:59:59-06:00"))
    assert is_working(OFFICE, NONE, at("2026-01-05T09:00:00-06:00"))
    assert is_working(OFFICE, NONE, at("2026-01-05T16:59:59-06:00"))
    assert not is_working(OFFICE, NONE, at("2026-01-05T17:00:00-06:00"))
    assert not is_working(OFFICE, NONE, at("2026-01-04T12:00:00-06:00"))


def test_the_next_working_instant_is_now_when_working() -> None:
    now = at("2026-01-05T10:30:00-06:00")
    assert next_working_instant(OFFICE, NONE, now) == now


def test_the_next_working_instant_passes_over_weekend_and_holiday() -> None:
    friday_evening = at("2026-01-02T18:00:00-06:00")
    assert next_working_instant(OFFICE, NONE, friday_evening) == at("2026-01-05T09:00:00-06:00")
    assert next_working_instant(OFFICE, frozenset({date(2026, 1, 5)}), friday_evening) == at(
        "2026-01-06T09:00:00-06:00"
    )


def test_an_end_before_the_start_is_past_midnight_and_belongs_to_its_first_day() -> None:
    assert is_working(NIGHT, NONE, at("2026-01-03T05:59:00-06:00"))
    assert not is_working(NIGHT, NONE, at("2026-01-03T06:00:00-06:00"))
    assert not is_working(NIGHT, NONE, at("2026-01-02T05:00:00-06:00"))
    assert not is_working(NIGHT, frozenset({date(2026, 1, 2)}), at("2026-01-03T05:00:00-06:00"))
    assert is_working(NIGHT, frozenset({date(2026, 1, 3)}), at("2026-01-03T05:00:00-06:00"))


def test_equal_start_and_end_is_a_whole_day() -> None:
    always = WorkingHours(frozenset(range(7)), time(0), time(0), "Pacific/Apia")
    start = datetime(2011, 12, 28, tzinfo=UTC)
    assert all(is_working(always, NONE, start + timedelta(hours=n)) for n in range(120))


def test_a_start_that_the_clock_skips_is_the_end_of_the_gap() -> None:
    early = WorkingHours(frozenset({6}), time(2, 30), time(4), "America/Chicago")
    assert next_working_instant(early, NONE, at("2026-03-08T00:00:00-06:00")) == at("2026-03-08T03:00:00-05:00")


def test_a_day_that_the_zone_skips_has_no_hours() -> None:
    fridays = WorkingHours(frozenset({4}), time(9), time(17), "Pacific/Apia")
    assert next_working_instant(fridays, NONE, at("2011-12-29T12:00:00-10:00")) == at("2012-01-06T09:00:00+14:00")


def test_none_where_nobody_ever_works() -> None:
    now = at("2026-01-05T10:30:00-06:00")
    assert next_working_instant(WorkingHours(frozenset(), time(9), time(17), "UTC"), NONE, now) is None
    every_day = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(500))
    assert next_working_instant(OFFICE, every_day, now) is None
    nearly = every_day - {wall_of("America/Chicago", now).date() + timedelta(days=400)}
    assert next_working_instant(OFFICE, nearly, now) == at("2027-02-09T09:00:00-06:00")


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["America/Chicago", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata"]),
    st.frozensets(st.integers(0, 6)),
    st.times(),
    st.times(),
    st.frozensets(st.integers(0, 20)),
    st.integers(0, 20 * 24 * 60),
)
def test_no_instant_before_the_next_one_is_working(
    zone: str, days: frozenset[int], start: time, end: time, off: frozenset[int], minute: int
) -> None:
    hours = WorkingHours(days, start, end, zone)
    holidays = frozenset(date(2011, 12, 20) + timedelta(days=n) for n in off)
    now = datetime(2011, 12, 20, tzinfo=UTC) + timedelta(minutes=minute)
    found = next_working_instant(hours, holidays, now)
    if found is None:
        assert not days
        return
    assert found >= now
    assert is_working(hours, holidays, found)
    assert (found == now) == is_working(hours, holidays, now)
    between = (found - now) / 50
    assert not any(is_working(hours, holidays, now + n * between) for n in range(50) if now + n * between < found)
