"""Maintenance windows: overlaps are one, weekly ones keep their wall-clock time through DST."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.logic.maintenance import Window, holds_at, next_change

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def wall(zone: str, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def test_a_window_is_half_open() -> None:
    windows = [Window(at(0), at(2))]
    assert holds_at(windows, at(-0.01)) is None
    assert holds_at(windows, at(0)) == at(2)
    assert holds_at(windows, at(1.99)) == at(2)
    assert holds_at(windows, at(2)) is None


def test_overlapping_and_touching_windows_are_one() -> None:
    windows = [Window(at(4), at(5)), Window(at(0), at(2)), Window(at(1), at(4)), Window(at(6), at(7))]
    assert holds_at(windows, at(0.5)) == at(5)


def test_the_next_change_is_the_end_or_the_next_beginning() -> None:
    windows = [Window(at(2), at(3)), Window(at(5), at(6))]
    assert [next_change(windows, at(h)) for h in (0, 2, 3, 5.5, 6)] == [at(2), at(3), at(5), at(6), None]


def test_an_empty_or_backward_window_never_holds() -> None:
    windows = [Window(at(0), at(0)), Window(at(2), at(1)), Window(at(2), at(1), weekly=True)]
    assert holds_at(windows, at(0)) is None
    assert holds_at(windows, at(1.5)) is None
    assert next_change(windows, at(-1)) is None


def test_a_weekly_window_recurs_from_its_first_time_on() -> None:
    windows = [Window(at(0), at(2), weekly=True)]
    assert holds_at(windows, at(1) - timedelta(weeks=1)) is None
    for week in (0, 1, 52, 520):
        assert holds_at(windows, at(1) + timedelta(weeks=week)) == at(2) + timedelta(weeks=week)
    assert next_change(windows, at(2)) == at(0) + timedelta(weeks=1)
    assert next_change(windows, at(0) - timedelta(weeks=9)) == at(0)


def test_a_weekly_window_ends_with_its_until() -> None:
    windows = [Window(at(0), at(2), weekly=True, until_at=at(1) + timedelta(weeks=2))]
    assert holds_at(windows, at(0.5) + timedelta(weeks=2)) == at(1) + timedelta(weeks=2)
    assert next_change(windows, at(1) + timedelta(weeks=2)) is None


@pytest.mark.parametrize(
    ("zone", "first", "holds", "until"),
    [
        # New York springs forward on Sunday 2026-03-08: the same wall-clock time afterwards.
        ("America/New_York", "2026-03-01 20:00", "2026-03-15 20:30", "2026-03-15 22:00"),
        # Lord Howe changes by 30 minutes (2026-04-05).
        ("Australia/Lord_Howe", "2026-03-29 20:00", "2026-04-12 20:30", "2026-04-12 22:00"),
    ],
)
def test_a_weekly_window_keeps_its_wall_clock_time(zone: str, first: str, holds: str, until: str) -> None:
    begin = wall(zone, first)
    windows = [Window(begin, begin + timedelta(hours=2), weekly=True, zone=zone)]
    assert holds_at(windows, wall(zone, holds)) == wall(zone, until)


def test_a_skipped_beginning_is_the_end_of_the_gap() -> None:
    windows = [
        Window(
            wall("America/New_York", "2026-03-01 02:30"),
            wall("America/New_York", "2026-03-01 05:00"),
            True,
            "America/New_York",
        )
    ]
    gap_ends = wall("America/New_York", "2026-03-08 03:00")
    assert next_change(windows, gap_ends - timedelta(hours=5)) == gap_ends
    assert holds_at(windows, gap_ends - timedelta(seconds=1)) is None


def test_a_window_wholly_in_a_skipped_hour_does_not_happen() -> None:
    zone = "America/New_York"
    windows = [Window(wall(zone, "2026-03-01 02:00"), wall(zone, "2026-03-01 03:00"), True, zone)]
    assert next_change(windows, wall(zone, "2026-03-07 12:00")) == wall(zone, "2026-03-15 02:00")


def test_a_skipped_day_is_skipped() -> None:
    zone = "Pacific/Apia"  # had no 30 December 2011
    windows = [Window(wall(zone, "2011-12-23 10:00"), wall(zone, "2011-12-23 12:00"), True, zone)]
    assert next_change(windows, wall(zone, "2011-12-29 10:00")) == wall(zone, "2012-01-06 10:00")


def test_the_hour_that_comes_twice_begins_at_its_first() -> None:
    zone = "America/New_York"
    windows = [Window(wall(zone, "2026-10-25 01:30"), wall(zone, "2026-10-25 04:00"), True, zone)]
    assert next_change(windows, wall(zone, "2026-10-31 12:00")) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_maintenance_without_end_is_reported_far_ahead() -> None:
    end = holds_at([Window(at(0), at(168), weekly=True)], at(1))
    assert end is not None
    assert end > at(24 * 365)


spans = st.tuples(
    st.integers(-300, 300),
    st.integers(0, 200),
    st.booleans(),
    st.sampled_from(["UTC", "Europe/Lisbon", "Australia/Lord_Howe"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(spans, max_size=4), st.integers(-400, 900))
def test_nothing_changes_before_the_next_change(found: list[tuple[int, int, bool, str]], hour: int) -> None:
    windows = [Window(at(begin), at(begin + length), weekly, zone) for begin, length, weekly, zone in found]
    now = at(hour)
    change = next_change(windows, now)
    holding = holds_at(windows, now) is not None
    ahead = [now + timedelta(hours=6 * n) for n in range(8)]
    for instant in ahead:
        if change is None or instant < change:
            assert (holds_at(windows, instant) is not None) is holding
    if change is not None and change < now + timedelta(days=365):
        assert change > now
        assert (holds_at(windows, change) is not None) is not holding
