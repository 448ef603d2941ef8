"""Shifts, gaps and who is on call, case by case: daily turns at midnight UTC of Ana, Bo, Cy from Monday 2026-01-05."""

from dataclasses import replace
from datetime import UTC, datetime

from oncall.logic.coverage import (
    Gap,
    LayerSpec,
    Leave,
    OnCall,
    OverrideSpec,
    ScheduleSpec,
    Shift,
    gaps,
    on_call,
    shifts,
)
from oncall.logic.rotation import Rotation, Unit, turns
from tests.oncall.logic.spans import ANA, BO, CY, DAY, DI, ED, HOUR
from tests.pace import no_more_than

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def at(hour: float) -> datetime:
    return MONDAY + hour * HOUR


def make(
    *overrides: tuple[float, float, int | None, int | None, int | None],
    items: tuple[tuple[int, ...], ...] = ((ANA,), (BO,), (CY,)),
    leave: tuple[tuple[int, float, float], ...] = (),
    inactive: frozenset[int] = frozenset(),
    declared: tuple[tuple[float, float], ...] = (),
    layers: int = 1,
) -> ScheduleSpec:
    rotation = Rotation(Unit.DAILY, 1, MONDAY, "UTC", items)
    turned = Rotation(Unit.DAILY, 1, MONDAY, "UTC", items[1:] + items[:1])
    return ScheduleSpec(
        tuple(LayerSpec(number, str(number), turned if number else rotation) for number in range(layers)),
        tuple(OverrideSpec(at(since), at(till), *rest) for since, till, *rest in overrides),
        tuple(Leave(person, at(since), at(till)) for person, since, till in leave),
        inactive,
        tuple((at(since), at(till)) for since, till in declared),
    )


def seen(schedule: ScheduleSpec, start: float = 0, end: float = 72) -> list[tuple[int, float, float, bool]]:
    """(person, from hour, to hour, override) of the first layer."""
    return [
        (one.person, (one.start - MONDAY) / HOUR, (one.end - MONDAY) / HOUR, one.override)
        for one in shifts(schedule, at(start), at(end))
        if one.layer == 0
    ]


def test_shifts_are_whole_though_the_window_is_narrow() -> None:
    assert seen(make(), 30, 31) == [(BO, 24, 48, False)]
    assert seen(make((-100, 200, DI, None, 0)), 30, 31) == [(DI, -100, 200, True), (BO, 24, 48, False)]
    # Ana's own turns before and after cut her addition, though neither is in the window
    assert seen(make((-100, 200, ANA, None, 0)), 30, 31) == [(ANA, 24, 72, True), (BO, 24, 48, False)]


def test_turns_of_one_person_are_not_merged_and_parts_of_one_turn_are() -> None:
    assert seen(make(items=((ANA,),)), 0, 48) == [(ANA, 0, 24, False), (ANA, 24, 48, False)]
    assert seen(make(leave=((BO, 5, 6),)), 0, 24) == [(ANA, 0, 24, False)]
    assert seen(make((3, 6, DI, ANA, 0), (6, 9, DI, ANA, 0)), 0, 24) == [
        (ANA, 0, 3, False),
        (DI, 3, 9, True),
        (ANA, 9, 24, False),
    ]


def test_replace_gives_exactly_the_hours_of_the_replaced() -> None:
    assert seen(make((12, 60, DI, BO, 0))) == [
        (ANA, 0, 24, False),
        (DI, 24, 48, True),
        (CY, 48, 72, False),
    ]


def test_replace_during_leave_gives_only_the_hours_that_are_left() -> None:
    assert seen(make((0, 24, DI, ANA, 0), leave=((ANA, 6, 12),)), 0, 24) == [
        (DI, 0, 6, True),
        (BO, 6, 12, False),
        (DI, 12, 24, True),
    ]


def test_add_alone_is_the_whole_span_and_remove_alone_a_hole() -> None:
    assert seen(make((12, 36, DI, None, 0)), 0, 48) == [(ANA, 0, 24, False), (DI, 12, 36, True), (BO, 24, 48, False)]
    schedule = make((6, 30, None, ANA, 0))
    assert seen(schedule, 0, 48) == [(ANA, 0, 6, False), (BO, 24, 48, False)]
    assert gaps(schedule, at(0), at(48)) == [Gap(0, at(6), at(24), declared=False)]


def test_the_same_person_added_twice_is_once() -> None:
    assert seen(make((6, 12, DI, None, 0), (6, 12, DI, None, 0)), 0, 24) == [(ANA, 0, 24, False), (DI, 6, 12, True)]
    assert seen(make((12, 36, ANA, None, 0)), 0, 24) == [(ANA, 0, 24, False), (ANA, 24, 36, True)][:1]
    assert (ANA, 24, 36, True) in seen(make((12, 36, ANA, None, 0)), 0, 48)


def test_a_later_override_sees_the_result_of_the_earlier() -> None:
    assert seen(make((0, 24, DI, ANA, 0), (6, 12, ED, DI, 0)), 0, 24) == [
        (DI, 0, 6, True),
        (ED, 6, 12, True),
        (DI, 12, 24, True),
    ]
    assert seen(make((6, 12, ED, DI, 0), (0, 24, DI, ANA, 0)), 0, 24) == [(DI, 0, 24, True)]


def test_without_layer_every_layer_that_the_removed_is_in_else_the_first() -> None:
    schedule = make((0, 72, DI, BO, None), layers=2)
    assert {(one.layer, one.start) for one in shifts(schedule, at(0), at(72)) if one.person == DI} == {
        (0, at(24)),
        (1, at(0)),
    }
    added = make((0, 5, DI, None, None), layers=2)
    assert [one.layer for one in shifts(added, at(0), at(5)) if one.person == DI] == [0]
    assert shifts(make((0, 5, DI, None, 99), layers=2), at(0), at(5)) == shifts(make(layers=2), at(0), at(5))


def test_leave_passes_exactly_its_hours_to_the_next_who_is_there() -> None:
    assert seen(make(leave=((ANA, 6, 12), (BO, 9, 12)))) == [
        (ANA, 0, 6, False),
        (BO, 6, 9, False),
        (CY, 9, 12, False),
        (ANA, 12, 24, False),
        (BO, 24, 48, False),
        (CY, 48, 72, False),
    ]


def test_of_several_in_one_turn_only_the_absent_drops_out() -> None:
    items = ((ANA, BO), (CY, DI))
    assert seen(make(items=items, leave=((ANA, 6, 12),)), 0, 24) == [
        (ANA, 0, 6, False),
        (BO, 0, 24, False),
        (ANA, 12, 24, False),
    ]
    assert seen(make(items=items, leave=((ANA, 0, 24), (BO, 12, 24))), 0, 24) == [
        (BO, 0, 12, False),
        (CY, 12, 24, False),
        (DI, 12, 24, False),
    ]


def test_all_away_is_a_gap() -> None:
    schedule = make(leave=((ANA, 6, 12), (BO, 6, 9), (CY, 0, 8)))
    assert gaps(schedule, at(0), at(72)) == [Gap(0, at(6), at(8), declared=False)]
    assert on_call(schedule, at(7)) == [OnCall(0, (), at(8))]


def test_an_override_outranks_leave() -> None:
    assert seen(make((0, 24, DI, ANA, 0), leave=((DI, 0, 24),)), 0, 24) == [(DI, 0, 24, True)]
    assert seen(make((0, 24, ANA, None, 0), leave=((ANA, 0, 24),)), 0, 24) == [(ANA, 0, 24, True), (BO, 0, 24, False)]


def test_an_inactive_member_keeps_their_place_and_passes_their_turns_on() -> None:
    assert seen(make(inactive=frozenset({BO}))) == [(ANA, 0, 24, False), (CY, 24, 48, False), (CY, 48, 72, False)]


def test_gaps_are_split_where_a_declared_one_begins_or_ends() -> None:
    schedule = make((6, 20, None, ANA, 0), declared=((8, 10), (9, 12), (15, 30)))
    assert gaps(schedule, at(0), at(72)) == [
        Gap(0, at(6), at(8), declared=False),
        Gap(0, at(8), at(12), declared=True),
        Gap(0, at(12), at(15), declared=False),
        Gap(0, at(15), at(20), declared=True),
    ]
    assert gaps(schedule, at(7), at(9)) == [
        Gap(0, at(7), at(8), declared=False),
        Gap(0, at(8), at(9), declared=True),
    ]


def test_on_call_until_is_the_next_edge_of_a_shift() -> None:
    schedule = make((12, 36, DI, None, 0))
    assert on_call(schedule, at(1)) == [OnCall(0, (ANA,), at(12))]
    assert on_call(schedule, at(12)) == [OnCall(0, (ANA, DI), at(24))]
    assert on_call(schedule, at(24)) == [OnCall(0, (BO, DI), at(36))]
    assert on_call(schedule, at(36)) == [OnCall(0, (BO,), at(48))]
    two_additions = ((0, 100, DI, None, None), (50, 60, ED, None, None))
    assert on_call(make(*two_additions, items=()), at(1)) == [OnCall(0, (DI,), at(50))]
    assert on_call(make((0, 24, None, ANA, None), *two_additions), at(1)) == [OnCall(0, (DI,), at(24))]


def test_an_empty_layer_tells_its_next_start_or_none() -> None:
    nobody = make(items=())
    assert on_call(nobody, at(1)) == [OnCall(0, (), None)]
    assert gaps(nobody, at(0), at(5)) == [Gap(0, at(0), at(5), declared=False)]
    assert on_call(make((1000, 1001, DI, None, None), items=()), at(1)) == [OnCall(0, (), at(1000))]
    assert on_call(make((0, 1000, None, ANA, None)), at(1)) == [OnCall(0, (), at(24))]
    assert on_call(make(inactive=frozenset({ANA, BO, CY})), at(1)) == [OnCall(0, (), None)]
    ended = make()
    rotation = replace(ended.layers[0].rotation, until=at(5))
    assert on_call(replace(ended, layers=(replace(ended.layers[0], rotation=rotation),)), at(5)) == [
        OnCall(0, (), None)
    ]


def test_the_next_start_may_be_a_whole_round_away() -> None:
    items = tuple((person,) for person in range(1, 10))
    schedule = make(*((0, 5000, None, person, None) for person in range(1, 9)), items=items)
    assert on_call(schedule, at(1)) == [OnCall(0, (), at(8 * 24))]
    # Kwajalein's 1 October 1969 came nearly twice: one hourly turn lasted a day
    start = datetime(1969, 9, 30, 12, tzinfo=UTC)
    rotation = Rotation(Unit.HOURLY, 1, start, "Pacific/Kwajalein", ((ANA,), (BO,)))
    gone = OverrideSpec(start, start + 90 * DAY, None, ANA, None)
    schedule = ScheduleSpec((LayerSpec(0, "primary", rotation),), (gone,), (), frozenset(), ())
    long = max(turns(rotation, start - DAY, start + 3 * DAY), key=lambda turn: turn.end - turn.start)
    assert long.end - long.start > 20 * HOUR
    if long.item != 0:
        schedule = replace(schedule, overrides=(replace(gone, start=start - DAY, remove=BO),))
    assert on_call(schedule, long.start) == [OnCall(0, (), long.end)]


def test_spans_that_are_empty_or_backwards_change_nothing() -> None:
    schedule = make((6, 6, DI, None, 0), (9, 3, None, ANA, 0), (5, 6, None, None, 0), leave=((ANA, 8, 8), (ANA, 9, 2)))
    assert seen(schedule) == seen(make())
    assert shifts(schedule, at(5), at(5)) == gaps(schedule, at(5), at(5)) == []


def test_instants_of_any_zone_go_in_and_utc_comes_out() -> None:
    east = datetime.fromisoformat("2026-01-05T02:00:00+02:00")
    schedule = make()
    override = OverrideSpec(east, east + HOUR, DI, None, None)
    found = shifts(replace(schedule, overrides=(override,)), east, east + HOUR)
    assert found == [Shift(0, ANA, at(0), at(24), override=False), Shift(0, DI, at(0), at(1), override=True)]
    assert all(one.start.tzinfo is UTC and one.end.tzinfo is UTC for one in found)


def test_the_ends_of_the_calendar_are_answered_without_error() -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    schedule = make(inactive=frozenset({ANA, BO, CY}))
    schedule = replace(
        schedule, leave=(Leave(ANA, first, last),), overrides=(OverrideSpec(first, last, None, BO, None),)
    )
    assert on_call(schedule, last) == on_call(schedule, first) == [OnCall(0, (), None)]
    assert gaps(schedule, first, last) == [Gap(0, first, last, declared=False)]


def test_a_leave_of_decades_costs_no_walk_through_its_turns() -> None:
    rotation = Rotation(Unit.HOURLY, 1, MONDAY, "America/Chicago", ((ANA,),))
    back = datetime(2150, 1, 1, tzinfo=UTC)
    schedule = ScheduleSpec((LayerSpec(0, "primary", rotation),), (), (Leave(ANA, MONDAY, back),), frozenset(), ())
    with no_more_than(0.5):  # it takes 0.05; 1.1 million turns would take seconds
        assert on_call(schedule, at(1)) == [OnCall(0, (), back)]


def test_ten_hourly_layers_over_four_hundred_days_take_no_more_than_seconds() -> None:
    rotation = Rotation(Unit.HOURLY, 1, MONDAY.replace(year=2006), "America/Chicago", ((ANA,), (BO,), (CY,)))
    leave = tuple(Leave(ANA, at(days * 24), at(days * 24 + 70)) for days in range(0, 400, 30))
    schedule = ScheduleSpec(
        tuple(LayerSpec(number, str(number), rotation) for number in range(10)), (), leave, frozenset(), ()
    )
    with no_more_than(3):  # it takes 0.5
        assert len(shifts(schedule, MONDAY, MONDAY + 400 * DAY)) > 90_000
