"""Who is on call: a schedule's shifts, its gaps, and who has duty at an instant (INTERFACE.md §4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from operator import attrgetter

from oncall.logic.duty import free, layer_duty, layer_overrides
from oncall.logic.rotation import FIRST, LAST, STEPS, Rotation
from oncall.logic.specs import LayerSpec, Leave, OverrideSpec, ScheduleSpec
from oncall.logic.wallclock import utc

__all__ = [
    "Gap",
    "LayerSpec",
    "Leave",
    "OnCall",
    "OverrideSpec",
    "ScheduleSpec",
    "Shift",
    "gaps",
    "on_call",
    "shifts",
]

MOMENT = timedelta(microseconds=1)
LONGEST_MONTH = timedelta(days=31)
LONGEST_SKIP = timedelta(days=2)  # more than any change of offset


@dataclass(frozen=True, slots=True)
class Shift:
    """One person's time in a layer, UTC, half-open; `override` where an override put them there (not for stand-ins)."""

    layer: int
    person: int
    start: datetime
    end: datetime
    override: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """Nobody has duty in the layer, UTC, half-open; `declared` where somebody said that nobody is needed."""

    layer: int
    start: datetime
    end: datetime
    declared: bool


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who has duty in a layer now, and until when; nobody: until somebody's next shift starts, None if never."""

    layer: int
    people: tuple[int, ...]
    until: datetime | None


def shifts(schedule: ScheduleSpec, start: datetime, end: datetime) -> list[Shift]:
    """Every shift that overlaps [start, end), whole, of all layers, by start, layer position and person.

    One entry per person; turns of one person are not merged, the parts of one turn are.
    """
    start, end = utc(start), utc(end)
    if start >= end:
        return []
    found: list[Shift] = []
    for position, layer in enumerate(schedule.layers):
        duty = layer_duty(schedule, position, *_with_additions(schedule, position, start, end))
        for person in sorted(duty):
            found.extend(
                Shift(layer.id, person, piece.start, piece.end, piece.override)
                for piece in duty[person]
                if piece.start < end and piece.end > start
            )
    found.sort(key=attrgetter("start"))  # stable: at one start, layers and people stay in their order
    return found


def gaps(schedule: ScheduleSpec, start: datetime, end: datetime) -> list[Gap]:
    """When nobody has duty in a layer, clipped to [start, end), split where a declared gap begins or ends."""
    start, end = utc(start), utc(end)
    if start >= end:
        return []
    declared = sorted((utc(since), utc(till)) for since, till in schedule.declared_gaps)
    found: list[Gap] = []
    for position, layer in enumerate(schedule.layers):
        duty = layer_duty(schedule, position, start, end)
        busy = sorted((piece.start, piece.end) for pieces in duty.values() for piece in pieces)
        for since, till in free(start, end, busy):
            unplanned = list(free(since, till, declared))
            found.extend(Gap(layer.id, *span, declared=False) for span in unplanned)
            found.extend(Gap(layer.id, *span, declared=True) for span in free(since, till, unplanned))
    found.sort(key=attrgetter("start"))
    return found


def on_call(schedule: ScheduleSpec, at: datetime) -> list[OnCall]:
    """Who has duty at an instant, one entry per layer in order, people by key.

    `until` is where the layer's next shift ends or begins: a turn's end, or an edge of an override or a leave.
    """
    return [_layer_now(schedule, position, utc(at)) for position in range(len(schedule.layers))]


def _layer_now(schedule: ScheduleSpec, position: int, at: datetime) -> OnCall:
    layer = schedule.layers[position].id
    if at >= LAST:
        return OnCall(layer, (), None)
    duty = layer_duty(schedule, position, at, at + MOMENT)
    now = {person: piece for person, pieces in duty.items() for piece in pieces if piece.start <= at < piece.end}
    if not now:
        return OnCall(layer, (), _next_start(schedule, position, at))
    first_end = min(piece.end for piece in now.values())
    duty = layer_duty(schedule, position, at, first_end)
    edges = (edge for pieces in duty.values() for piece in pieces for edge in (piece.start, piece.end))
    return OnCall(layer, tuple(sorted(now)), min(edge for edge in edges if edge > at))


def _next_start(schedule: ScheduleSpec, position: int, at: datetime) -> datetime | None:
    """When the first shift after `at` starts in a layer that is empty at `at`.

    Between two edges of overrides and leave only the turns change, so one round of the rotation tells for all of them:
    a leave of years costs no walk through its turns.
    """
    spans = [(leave.start, leave.end) for leave in schedule.leave]
    spans += [(override.start, override.end) for override in layer_overrides(schedule, position)]
    edges = sorted({edge for span in spans for edge in map(utc, span) if at < edge < LAST})
    one_round = _round(schedule.layers[position].rotation)
    for since, till in pairwise((at, *edges, LAST)):
        duty = layer_duty(schedule, position, since, min(till, since + one_round))
        starts = [piece.start for pieces in duty.values() for piece in pieces if at < piece.start]
        if starts:
            return min(starts)
    return None


def _round(rotation: Rotation) -> timedelta:
    """A time in which every item surely has had its turn."""
    turn = STEPS.get(rotation.unit, LONGEST_MONTH) * rotation.length
    return min(turn * (len(rotation.items) + 1) + LONGEST_SKIP, LAST - FIRST)


def _with_additions(schedule: ScheduleSpec, position: int, start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """[start, end) widened by the additions that overlap it: what lies under one cuts it, and they are shown whole."""
    additions = [
        (utc(override.start), utc(override.end))
        for override in layer_overrides(schedule, position)
        if override.add is not None and override.remove is None
    ]
    within = [span for span in additions if span[0] < end and span[1] > start]
    return min((start, *(since for since, _ in within))), max((end, *(till for _, till in within)))
