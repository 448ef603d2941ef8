"""Shifts, gaps and who is on call: against a naive reading of the rules, on drawn schedules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.logic.coverage import (
    LayerSpec,
    Leave,
    OverrideSpec,
    ScheduleSpec,
    gaps,
    on_call,
    shifts,
)
from oncall.logic.rotation import Rotation, Unit, turns
from tests.oncall.logic.spans import ANA, BO, DAY, ED, HOUR, MOMENT

ZONES = [
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Chicago",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "Antarctica/Troll",
]
# Where the zones above change their clocks.
BEGINNINGS = [
    datetime(2026, 10, 1, tzinfo=UTC),
    datetime(2011, 12, 27, tzinfo=UTC),
    datetime(2026, 3, 6, tzinfo=UTC),
    datetime(2026, 3, 27, tzinfo=UTC),
]
WINDOW = 120  # hours


def hours(low: int = -60, high: int = WINDOW + 60) -> st.SearchStrategy[timedelta]:
    return st.integers(low * 2, high * 2).map(lambda n: n * HOUR / 2)


people = st.integers(ANA, ED)


@st.composite
def rotations(draw: st.DrawFn, beginning: datetime) -> Rotation:
    unit, longest = draw(st.sampled_from([(Unit.HOURLY, 30), (Unit.DAILY, 3), (Unit.WEEKLY, 2), (Unit.MONTHLY, 1)]))
    item = st.one_of(people.map(lambda one: (one,)), st.lists(people, min_size=1, max_size=3).map(tuple))
    return Rotation(
        unit,
        draw(st.integers(1, longest)),
        beginning + draw(hours(-400, 400)),
        draw(st.sampled_from(ZONES)),
        tuple(draw(st.lists(item, max_size=4))),
        draw(st.one_of(st.none(), st.none(), hours().map(lambda at: beginning + at))),
    )


@st.composite
def schedules(draw: st.DrawFn) -> tuple[ScheduleSpec, datetime]:
    beginning = draw(st.sampled_from(BEGINNINGS))
    spans = st.tuples(hours(), hours(0, 50)).map(lambda pair: (beginning + pair[0], beginning + pair[0] + pair[1]))
    layers = tuple(
        LayerSpec(10 + number, f"layer {number}", draw(rotations(beginning)))
        for number in range(draw(st.integers(1, 3)))
    )
    someone = st.one_of(st.none(), people)
    overrides = tuple(
        OverrideSpec(*draw(spans), draw(someone), draw(someone), draw(st.sampled_from([None, 10, 11, 99])))
        for _ in range(draw(st.integers(0, 6)))
    )
    leave = tuple(Leave(draw(people), *draw(spans)) for _ in range(draw(st.integers(0, 6))))
    inactive = draw(st.sampled_from([frozenset(), frozenset(), frozenset({BO})]))
    declared = tuple(draw(st.lists(spans, max_size=3)))
    return ScheduleSpec(layers, overrides, leave, inactive, declared), beginning


def naive(schedule: ScheduleSpec, position: int, at: datetime) -> dict[int, bool]:
    """Who has duty at one instant, and whether by override: the rules read aloud."""
    layer = schedule.layers[position]
    duty = dict.fromkeys(naive_turn(schedule, layer.rotation, at), False)
    for override in schedule.overrides:
        meant = override.layer == layer.id or (
            override.layer is None and (override.remove is not None or position == 0)
        )
        if meant and override.start <= at < override.end and (override.remove is None or override.remove in duty):
            duty.pop(override.remove or 0, None)
            if override.add is not None:
                duty.setdefault(override.add, True)
    return duty


def naive_turn(schedule: ScheduleSpec, rotation: Rotation, at: datetime) -> list[int]:
    away = {leave.person for leave in schedule.leave if leave.start <= at < leave.end} | schedule.inactive
    for turn in turns(rotation, at, at + MOMENT):
        for further in range(len(rotation.items)):
            item = rotation.items[(turn.item + further) % len(rotation.items)]
            if present := [person for person in item if person not in away]:
                return present
    return []


def instants(schedule: ScheduleSpec, start: datetime, end: datetime) -> list[datetime]:
    """Every instant at which something may change, and the moments around it, within [start, end)."""
    edges = {start, end}
    for layer in schedule.layers:
        edges |= {edge for turn in turns(layer.rotation, start, end) for edge in (turn.start, turn.end)}
    edges |= {edge for one in (*schedule.overrides, *schedule.leave) for edge in (one.start, one.end)}
    near = {edge + shift for edge in edges for shift in (-MOMENT, timedelta(), MOMENT)}
    return sorted(at for at in near if start <= at < end)


@settings(max_examples=50, deadline=None)
@given(schedules())
def test_shifts_and_gaps_say_of_each_instant_what_the_rules_say(drawn: tuple[ScheduleSpec, datetime]) -> None:
    schedule, start = drawn
    end = start + WINDOW * HOUR
    found, empty = shifts(schedule, start, end), gaps(schedule, start, end)
    for at in instants(schedule, start, end):
        for position, layer in enumerate(schedule.layers):
            here = [one for one in found if one.layer == layer.id and one.start <= at < one.end]
            assert len({one.person for one in here}) == len(here)
            assert {one.person: one.override for one in here} == naive(schedule, position, at)
            holes = [one for one in empty if one.layer == layer.id and one.start <= at < one.end]
            assert len(holes) == (0 if here else 1)
            for hole in holes:
                assert hole.declared == any(since <= at < till for since, till in schedule.declared_gaps)


@settings(max_examples=50, deadline=None)
@given(schedules(), hours(1, WINDOW - 1))
def test_windows_agree(drawn: tuple[ScheduleSpec, datetime], cut: timedelta) -> None:
    schedule, start = drawn
    middle, end = start + cut, start + WINDOW * HOUR
    whole = shifts(schedule, start, end)
    assert len(set(whole)) == len(whole)
    assert set(whole) == set(shifts(schedule, start, middle)) | set(shifts(schedule, middle, end))
    position = {layer.id: number for number, layer in enumerate(schedule.layers)}
    assert whole == sorted(whole, key=lambda one: (one.start, position[one.layer], one.person))
    for one in whole[:: max(1, len(whole) // 10)]:
        assert one in shifts(schedule, one.start, one.start + MOMENT)
        assert one in shifts(schedule, one.end - MOMENT, one.end)
    parts = gaps(schedule, start, middle) + gaps(schedule, middle, end)
    total = sum((gap.end - gap.start for gap in parts), timedelta())
    assert total == sum((gap.end - gap.start for gap in gaps(schedule, start, end)), timedelta())


@settings(max_examples=50, deadline=None)
@given(schedules())
def test_on_call_agrees_with_shifts_at_every_edge_and_just_before(drawn: tuple[ScheduleSpec, datetime]) -> None:
    schedule, start = drawn
    end = start + WINDOW * HOUR
    later = shifts(schedule, start, end + 70 * DAY)
    for at in instants(schedule, start, end)[::3]:
        for now, layer in zip(on_call(schedule, at), schedule.layers, strict=True):
            mine = [one for one in later if one.layer == layer.id]
            here = sorted(one.person for one in mine if one.start <= at < one.end)
            assert (now.layer, now.people) == (layer.id, tuple(here))
            edges = [edge for one in mine for edge in ((one.start, one.end) if here else (one.start,)) if edge > at]
            if now.until is not None and now.until < end + 70 * DAY:
                assert now.until == min(edges)
            else:
                assert not edges


@settings(max_examples=40, deadline=None)
@given(schedules())
def test_a_plain_rotation_tiles_time(drawn: tuple[ScheduleSpec, datetime]) -> None:
    schedule, start = drawn
    for layer in schedule.layers:
        rotation = replace(
            layer.rotation, until=None, items=tuple(item[:1] for item in layer.rotation.items) or ((ANA,),)
        )
        plain = ScheduleSpec((replace(layer, rotation=rotation),), (), (), frozenset(), ())
        found = shifts(plain, start, start + 90 * DAY)
        assert found[0].start <= start
        assert found[-1].end >= start + 90 * DAY
        assert all(one.end == other.start for one, other in pairwise(found))
        assert gaps(plain, start, start + 90 * DAY) == []


@settings(max_examples=30, deadline=None)
@given(schedules(), people, people, hours(0, 100), hours(1, 30))
def test_an_addition_removes_nobody_and_a_replacement_keeps_the_tiling(
    drawn: tuple[ScheduleSpec, datetime], add: int, remove: int, since: timedelta, length: timedelta
) -> None:
    schedule, start = drawn
    span, window = (start + since, start + since + length), (start, start + WINDOW * HOUR)
    added = replace(schedule, overrides=(*schedule.overrides, OverrideSpec(*span, add, None, None)))
    replaced = replace(schedule, overrides=(*schedule.overrides, OverrideSpec(*span, add, remove, None)))
    assert gaps(replaced, *window) == gaps(schedule, *window)
    for at in instants(added, *window)[::2]:
        before = {(layer.layer, person) for layer in on_call(schedule, at) for person in layer.people}
        after = {(layer.layer, person) for layer in on_call(added, at) for person in layer.people}
        extra = {(schedule.layers[0].id, add)} if span[0] <= at < span[1] else set()
        assert after == before | extra


@settings(max_examples=30, deadline=None)
@given(schedules(), people, hours(0, 100), hours(1, 30))
def test_leave_changes_nothing_outside_its_hours_and_nobody_elses_turn(
    drawn: tuple[ScheduleSpec, datetime], person: int, since: timedelta, length: timedelta
) -> None:
    schedule, start = drawn
    away = Leave(person, start + since, start + since + length)
    plain = replace(schedule, overrides=())
    changed = replace(plain, leave=(*schedule.leave, away))
    for at in instants(changed, start, start + WINDOW * HOUR)[::2]:
        for before, after in zip(on_call(plain, at), on_call(changed, at), strict=True):
            if away.start <= at < away.end and person in before.people:
                assert set(after.people) >= set(before.people) - {person}
                assert person not in after.people
            else:
                assert after.people == before.people
