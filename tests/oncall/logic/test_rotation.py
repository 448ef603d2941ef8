"""Turns happen at wall-clock handoffs, counted as they really happen, case by case."""

import time
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from oncall.logic import wallclock
from oncall.logic.rotation import Rotation, Turn, Unit, turns
from oncall.logic.wallclock import utc
from tests.oncall.logic.spans import DAY, HOUR, MOMENT


def handoffs(zone: str, unit: Unit, length: int, start: str, window: tuple[str, str]) -> list[str]:
    """Starts of the turns within a local window, as local times with their offset."""
    info = ZoneInfo(zone)
    local = [datetime.fromisoformat(text).replace(tzinfo=info) for text in (start, *window)]
    rotation = Rotation(unit, length, local[0], zone, ((1,), (2,)))
    found = turns(rotation, utc(local[1]), utc(local[2]))
    return [turn.start.astimezone(info).isoformat(timespec="minutes") for turn in found]


def test_chicago_handoff_at_0230_skipped_in_spring_is_at_the_end_of_the_gap_and_back_next_day() -> None:
    assert handoffs("America/Chicago", Unit.DAILY, 1, "2026-03-01T02:30", ("2026-03-07T12:00", "2026-03-09T12:00")) == [
        "2026-03-07T02:30-06:00",
        "2026-03-08T03:00-05:00",
        "2026-03-09T02:30-05:00",
    ]


def test_chicago_handoff_at_0130_comes_once_at_the_first_in_autumn() -> None:
    assert handoffs("America/Chicago", Unit.DAILY, 1, "2026-10-01T01:30", ("2026-10-31T12:00", "2026-11-02T12:00")) == [
        "2026-10-31T01:30-05:00",
        "2026-11-01T01:30-05:00",
        "2026-11-02T01:30-06:00",
    ]


def test_chicago_hourly_loses_one_turn_in_spring_and_has_one_of_two_hours_in_autumn() -> None:
    spring = handoffs("America/Chicago", Unit.HOURLY, 1, "2026-01-01T00:00", ("2026-03-08T00:00", "2026-03-09T00:00"))
    assert len(spring) == 23
    assert spring[1:3] == ["2026-03-08T01:00-06:00", "2026-03-08T03:00-05:00"]
    autumn = handoffs("America/Chicago", Unit.HOURLY, 1, "2026-01-01T00:00", ("2026-11-01T00:00", "2026-11-02T00:00"))
    assert len(autumn) == 24
    assert autumn[1:3] == ["2026-11-01T01:00-05:00", "2026-11-01T02:00-06:00"]


def test_hourly_alternation_goes_on_after_a_merged_handoff_before_and_after_the_anchor() -> None:
    for start in ("2026-03-08T00:00", "2026-03-09T00:00"):
        zone = ZoneInfo("America/Chicago")
        rotation = Rotation(
            Unit.HOURLY, 1, datetime.fromisoformat(start).replace(tzinfo=zone), zone.key, ((1,), (2,), (3,))
        )
        found = turns(rotation, datetime(2026, 3, 8, 6, tzinfo=UTC), datetime(2026, 3, 9, 6, tzinfo=UTC))
        assert [(other.item - one.item) % 3 for one, other in pairwise(found)] == [1] * (len(found) - 1)
        assert next(turn.item for turn in found if turn.start == utc(rotation.start)) == 0


@pytest.mark.parametrize(
    ("length", "spring", "autumn"),
    [
        (6, ["00:00-06:00", "06:00-05:00", "12:00-05:00", "18:00-05:00"], ["00:00-05:00", "06:00-06:00"]),
        (12, ["00:00-06:00", "12:00-05:00"], ["00:00-05:00", "12:00-06:00"]),
        (24, ["00:00-06:00"], ["00:00-05:00"]),
    ],
)
def test_hourly_keeps_wall_clock_times(length: int, spring: list[str], autumn: list[str]) -> None:
    start = "2026-01-01T00:00"
    in_spring = handoffs("America/Chicago", Unit.HOURLY, length, start, ("2026-03-08T00:00", "2026-03-08T23:00"))
    assert [text[11:] for text in in_spring] == spring
    in_autumn = handoffs("America/Chicago", Unit.HOURLY, length, start, ("2026-11-01T00:00", "2026-11-01T23:00"))
    assert [text[11:] for text in in_autumn][:2] == autumn


def test_lord_howe_half_hour_gap_and_half_hour_twice() -> None:
    zone = "Australia/Lord_Howe"
    assert handoffs(zone, Unit.DAILY, 1, "2026-09-01T02:15", ("2026-10-03T12:00", "2026-10-05T12:00")) == [
        "2026-10-03T02:15+10:30",
        "2026-10-04T02:30+11:00",
        "2026-10-05T02:15+11:00",
    ]
    assert handoffs(zone, Unit.DAILY, 1, "2026-03-01T01:45", ("2026-04-04T12:00", "2026-04-06T12:00")) == [
        "2026-04-04T01:45+11:00",
        "2026-04-05T01:45+11:00",
        "2026-04-06T01:45+10:30",
    ]
    hourly = handoffs(zone, Unit.HOURLY, 1, "2026-09-01T00:00", ("2026-10-04T00:00", "2026-10-05T00:00"))
    assert len(hourly) == 24
    assert hourly[1:4] == ["2026-10-04T01:00+10:30", "2026-10-04T02:30+11:00", "2026-10-04T03:00+11:00"]


def test_an_anchor_at_the_second_of_two_times_hands_off_at_the_first() -> None:
    start = datetime.fromisoformat("2026-11-01T01:30:00-06:00")
    rotation = Rotation(Unit.DAILY, 1, start, "America/Chicago", ((1,), (2,)))
    assert turns(rotation, start, start + HOUR)[0].start == start - HOUR


def test_apia_midnight_of_the_skipped_day_falls_together_with_the_next() -> None:
    found = handoffs("Pacific/Apia", Unit.DAILY, 1, "2011-12-01T00:00", ("2011-12-28T12:00", "2012-01-01T12:00"))
    assert found == [
        "2011-12-28T00:00-10:00",
        "2011-12-29T00:00-10:00",
        "2011-12-31T00:00+14:00",
        "2012-01-01T00:00+14:00",
    ]


def test_apia_midnight_counts_one_turn_less_for_the_skipped_day() -> None:
    for anchor in ("2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00"):
        rotation = Rotation(Unit.DAILY, 1, datetime.fromisoformat(anchor), "Pacific/Apia", ((1,), (2,), (3,)))
        before, after = turns(rotation, datetime(2011, 12, 30, 9, tzinfo=UTC), datetime(2011, 12, 30, 11, tzinfo=UTC))
        assert before.end == after.start == datetime(2011, 12, 30, 10, tzinfo=UTC)
        assert (before.item + 1) % 3 == after.item
        assert {"2011-12-29T00:00:00-10:00": before, "2011-12-31T00:00:00+14:00": after}[anchor].item == 0
        assert turns(rotation, after.start, after.end) == [after]
        assert turns(rotation, after.end, after.end + MOMENT)[0].item == (after.item + 1) % 3


def test_apia_ten_o_clock_of_the_skipped_day_happens_when_the_day_is_over() -> None:
    found = handoffs("Pacific/Apia", Unit.DAILY, 1, "2011-12-01T10:00", ("2011-12-29T12:00", "2011-12-31T12:00"))
    assert found == ["2011-12-29T10:00-10:00", "2011-12-31T00:00+14:00", "2011-12-31T10:00+14:00"]


def test_monthly_on_the_31st_is_the_last_day_of_a_shorter_month_and_the_31st_again() -> None:
    found = handoffs("Europe/Lisbon", Unit.MONTHLY, 1, "2026-01-31T09:00", ("2025-11-30T10:00", "2026-05-01T10:00"))
    assert [text[:16] for text in found] == [
        "2025-11-30T09:00",
        "2025-12-31T09:00",
        "2026-01-31T09:00",
        "2026-02-28T09:00",
        "2026-03-31T09:00",
        "2026-04-30T09:00",
    ]


def test_every_second_month_and_leap_day() -> None:
    found = handoffs("UTC", Unit.MONTHLY, 2, "2023-12-31T00:00", ("2023-10-31T00:00", "2024-05-01T00:00"))
    assert [text[:10] for text in found] == ["2023-10-31", "2023-12-31", "2024-02-29", "2024-04-30"]


def test_weekly_keeps_weekday_and_time_and_runs_before_its_anchor() -> None:
    found = handoffs("America/Chicago", Unit.WEEKLY, 2, "2026-03-16T10:00", ("2026-02-16T10:00", "2026-03-16T11:00"))
    assert found == ["2026-02-16T10:00-06:00", "2026-03-02T10:00-06:00", "2026-03-16T10:00-05:00"]


def test_until_ends_the_turn_that_runs_and_all_after_it() -> None:
    start, until = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, 12, tzinfo=UTC)
    rotation = Rotation(Unit.DAILY, 1, start, "UTC", ((1,), (2,)), until)
    assert turns(rotation, start, start + 9 * DAY) == [
        Turn(start, start + DAY, 0),
        Turn(start + DAY, until, 1),
    ]
    assert turns(rotation, until, until + DAY) == []


def test_nothing_to_turn_no_turns() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert turns(Rotation(Unit.DAILY, 1, start, "UTC", ()), start, start + DAY) == []
    assert turns(Rotation(Unit.DAILY, 1, start, "UTC", ((1,),)), start, start) == []


def test_what_cannot_be_a_rotation_is_refused() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for length, when in ((0, start), (10_001, start), (1, start.replace(tzinfo=None)), (1, start.replace(year=2200))):
        with pytest.raises(ValueError, match=r"length|offset|start"):
            Rotation(Unit.DAILY, length, when, "UTC", ((1,),))


@pytest.mark.parametrize("unit", list(Unit))
def test_far_ends_of_the_calendar_are_answered_without_error(unit: Unit) -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    for length in (1000, 10_000):
        rotation = Rotation(unit, length, datetime(2199, 12, 31, tzinfo=UTC), "Pacific/Apia", ((1,), (2,)))
        found = turns(rotation, first, last)
        assert found[0].end > datetime(1900, 1, 1, tzinfo=UTC)
        assert found[-1].start < datetime(2200, 1, 1, tzinfo=UTC)
        assert turns(rotation, last - DAY, last) == []


@pytest.mark.parametrize("years", [-20, 20])
def test_an_anchor_twenty_years_away_is_cheap(years: int) -> None:
    here = datetime(2026, 7, 1, tzinfo=UTC)
    rotation = Rotation(Unit.HOURLY, 1, here.replace(year=2026 + years), "America/Chicago", ((1,), (2,), (3,)))
    wallclock.changes.cache_clear()
    began = time.process_time()
    assert len(turns(rotation, here, here + HOUR)) == 1
    assert time.process_time() - began < 0.2  # 0.01 s on an idle machine
