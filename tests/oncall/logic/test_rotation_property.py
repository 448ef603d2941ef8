"""Turns tile time and pass from item to item: against a walk from the anchor, on drawn rotations."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from oncall.logic.rotation import Rotation, Turn, Unit, turns
from oncall.logic.wallclock import changes, instant_of, wall_of
from tests.oncall.logic.spans import DAY, HOUR, MOMENT

STEPS = {Unit.HOURLY: HOUR, Unit.DAILY: DAY, Unit.WEEKLY: 7 * DAY}

# A zone and a moment near which its clock does something worth a look.
MOMENTS = [
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ("Pacific/Kwajalein", datetime(1993, 8, 21, 12, tzinfo=UTC)),
    ("America/Chicago", datetime(2026, 3, 8, 8, tzinfo=UTC)),
    ("America/Chicago", datetime(2026, 11, 1, 7, tzinfo=UTC)),
    ("Asia/Kolkata", datetime(2026, 6, 1, tzinfo=UTC)),
    ("Africa/Casablanca", datetime(2026, 2, 15, 2, tzinfo=UTC)),
    ("Africa/Casablanca", datetime(2026, 3, 22, 2, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Antarctica/Casey", datetime(2018, 10, 6, 20, tzinfo=UTC)),
    ("Europe/Dublin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("UTC", datetime(2026, 1, 1, tzinfo=UTC)),
]
LENGTHS = {Unit.HOURLY: 30, Unit.DAILY: 10, Unit.WEEKLY: 5, Unit.MONTHLY: 5}


@st.composite
def rotations(draw: st.DrawFn, near: bool = True) -> Rotation:
    zone, moment = draw(st.sampled_from(MOMENTS))
    reach = 4 * 24 * 4 if near else 20 * 365 * 24 * 4
    start = moment + timedelta(minutes=15) * draw(st.integers(-reach, reach))
    unit = draw(st.sampled_from(list(Unit)))
    items = tuple((person,) for person in range(draw(st.integers(1, 5))))
    return Rotation(unit, draw(st.integers(1, LENGTHS[unit])), start, zone, items)


def naive_instant(zone: ZoneInfo, wall: datetime) -> datetime:
    """Minute by minute to the first wall-clock time that exists; the first of two."""
    while True:
        instant = wall.replace(tzinfo=zone).astimezone(UTC)
        if instant.astimezone(zone).replace(tzinfo=None) == wall:
            return instant
        wall += timedelta(minutes=1)


def naive_wall(rotation: Rotation, nominal: int) -> datetime:
    wall = rotation.start.astimezone(ZoneInfo(rotation.timezone)).replace(tzinfo=None, fold=0)
    if rotation.unit in STEPS:
        return wall + nominal * rotation.length * STEPS[rotation.unit]
    months = wall.month - 1 + nominal * rotation.length
    day = wall.day
    while True:
        try:
            return wall.replace(year=wall.year + months // 12, month=months % 12 + 1, day=day)
        except ValueError:
            day -= 1


def naive_turns(rotation: Rotation, reach: int) -> list[Turn]:
    """The handoffs walked one by one from the anchor in both directions, doubles dropped, then numbered."""
    zone = ZoneInfo(rotation.timezone)
    instants = [naive_instant(zone, naive_wall(rotation, nominal)) for nominal in range(-reach, reach + 1)]
    anchor = instants[reach]
    happened = sorted(set(instants))
    zero = happened.index(anchor)
    return [
        Turn(begin, end, (number - zero) % len(rotation.items))
        for number, (begin, end) in enumerate(pairwise(happened))
    ]


@settings(max_examples=100, deadline=None)
@given(rotations())
def test_turns_are_those_of_a_walk_from_the_anchor(rotation: Rotation) -> None:
    expected = naive_turns(rotation, 40)
    assert turns(rotation, expected[0].start, expected[-1].end) == expected


@settings(max_examples=100, deadline=None)
@given(rotations(near=False), st.integers(-400, 400), st.integers(1, 60))
def test_turns_tile_time_and_pass_from_item_to_item_however_far_the_anchor(
    rotation: Rotation, before: int, days: int
) -> None:
    start = next(moment for zone, moment in MOMENTS if zone == rotation.timezone) + before * HOUR
    end = start + days * DAY
    found = turns(rotation, start, end)
    assert found[0].start <= start < found[0].end
    assert found[-1].start < end <= found[-1].end
    for one, other in pairwise(found):
        assert one.start < one.end == other.start
        assert other.item == (one.item + 1) % len(rotation.items)
    for turn in found[:: max(1, len(found) // 20)]:  # each asked for alone, counted from the anchor anew
        assert turns(rotation, turn.start, turn.start + MOMENT) == [turn]
        assert turns(rotation, turn.end - MOMENT, turn.end) == [turn]


@settings(max_examples=60, deadline=None)
@given(rotations(near=False), st.integers(-400, 400))
def test_an_anchor_moved_to_another_turn_counts_the_same(rotation: Rotation, hours: int) -> None:
    """Twenty years of counting in one leap against none at all."""
    here = next(moment for zone, moment in MOMENTS if zone == rotation.timezone) + hours * HOUR
    turn = turns(rotation, here, here + MOMENT)[0]
    time_of_day = wall_of(rotation.timezone, rotation.start).time()
    assume(wall_of(rotation.timezone, turn.start).time() == time_of_day or rotation.unit is Unit.HOURLY)
    assume(rotation.unit is not Unit.MONTHLY or wall_of(rotation.timezone, rotation.start).day <= 28)
    assume(not any(change.at == turn.start for change in changes(rotation.timezone, turn.start.year)))
    items = rotation.items[turn.item :] + rotation.items[: turn.item]
    moved = Rotation(rotation.unit, rotation.length, turn.start, rotation.timezone, items)
    window = (here - 10 * DAY, here + 10 * DAY)
    assert [(one.start, one.end, rotation.items[one.item]) for one in turns(rotation, *window)] == [
        (one.start, one.end, items[one.item]) for one in turns(moved, *window)
    ]


@settings(max_examples=60, deadline=None)
@given(rotations(), st.integers(-300, 300))
def test_daily_and_24_hourly_are_the_same(rotation: Rotation, hours: int) -> None:
    daily = Rotation(Unit.DAILY, rotation.length, rotation.start, rotation.timezone, rotation.items)
    hourly = Rotation(Unit.HOURLY, 24 * rotation.length, rotation.start, rotation.timezone, rotation.items)
    window = (rotation.start + hours * HOUR, rotation.start + (hours + 200) * HOUR)
    assert turns(daily, *window) == turns(hourly, *window)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(MOMENTS), st.integers(-5000, 5000))
def test_an_instant_of_a_wall_clock_time_is_the_first_or_the_end_of_the_gap(
    moment: tuple[str, datetime], minutes: int
) -> None:
    zone, near = moment
    wall = near.replace(tzinfo=None) + timedelta(minutes=minutes)
    assert instant_of(zone, wall) == naive_instant(ZoneInfo(zone), wall)
