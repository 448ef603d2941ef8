"""Who has duty in one layer: its turns, passed on during leave, then changed by each override in order."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from oncall.logic.rotation import Turn, turns
from oncall.logic.specs import OverrideSpec, ScheduleSpec
from oncall.logic.wallclock import utc

Span = tuple[datetime, datetime]
_end, _start = attrgetter("end"), attrgetter("start")


class Piece(NamedTuple):
    """A person's time on duty; `source` tells apart the turns (0, 1, …) and the additions (-1, -2, …) it came from."""

    start: datetime
    end: datetime
    source: int
    override: bool


Duty = dict[int, list[Piece]]  # by person; each list in order and without overlap


def layer_duty(schedule: ScheduleSpec, position: int, start: datetime, end: datetime) -> Duty:
    """Who has duty in the layer at `position`, exact within [start, end) and within every turn that overlaps it.

    Pieces that reach beyond may be longer here than they are. UTC instants.
    """
    rotation = schedule.layers[position].rotation
    handoffs = turns(rotation, start, end)
    if handoffs:
        start, end = min(start, handoffs[0].start), max(end, handoffs[-1].end)
    items = tuple(tuple(dict.fromkeys(item)) for item in rotation.items)
    absences = _Absences(schedule, {person for item in items for person in item}, start, end)
    duty: Duty = {}
    for source, turn in enumerate(handoffs):
        for since, till in absences.cut(turn):
            for person in absences.stand_in(items, turn.item, since):
                duty.setdefault(person, []).append(Piece(since, till, source, False))
    for order, override in enumerate(layer_overrides(schedule, position), start=1):
        since, till = utc(override.start), utc(override.end)
        if since < end and till > start and since < till:
            _apply(duty, override, Piece(since, till, -order, True))
    return {person: _joined(pieces) for person, pieces in duty.items()}


def layer_overrides(schedule: ScheduleSpec, position: int) -> Iterator[OverrideSpec]:
    """The overrides that change this layer; one that names a person who is not in it changes nothing there."""
    layer = schedule.layers[position].id
    for override in schedule.overrides:
        if override.layer == layer or (override.layer is None and (override.remove is not None or position == 0)):
            yield override


def free(start: datetime, end: datetime, taken: Iterable[Span]) -> Iterator[Span]:
    """What of [start, end) the spans, sorted by their start, leave."""
    for since, till in taken:
        if since >= end:
            break
        if since > start:
            yield start, since
        start = max(start, till)
    if start < end:
        yield start, end


class _Absences:
    """Who of a layer's people is away when, within [start, end)."""

    def __init__(self, schedule: ScheduleSpec, people: set[int], start: datetime, end: datetime) -> None:
        self.always = schedule.inactive & people
        spans: dict[int, list[Span]] = {}
        for leave in schedule.leave:
            since, till = utc(leave.start), utc(leave.end)
            if leave.person in people and since < end and till > start and since < till:
                spans.setdefault(leave.person, []).append((since, till))
        self.by_person = {person: _merged_edges(own) for person, own in spans.items()}
        self.edges = sorted({edge for edges in self.by_person.values() for edge in edges})

    def cut(self, turn: Turn) -> Iterable[Span]:
        """The turn in parts within which nobody goes or comes back."""
        low, high = bisect_right(self.edges, turn.start), bisect_left(self.edges, turn.end)
        if low >= high:
            return ((turn.start, turn.end),)
        return pairwise((turn.start, *self.edges[low:high], turn.end))

    def stand_in(self, items: tuple[tuple[int, ...], ...], item: int, at: datetime) -> tuple[int, ...]:
        """Who of the item is there at an instant; if none, who of the next that has somebody."""
        if not self.always and not self.edges:
            return items[item] or next((people for people in items[item:] + items[:item] if people), ())
        for people in items[item:] + items[:item]:
            if present := tuple(person for person in people if not self._away(person, at)):
                return present
        return ()

    def _away(self, person: int, at: datetime) -> bool:
        """Leaving and coming back alternate: after an odd number of edges the person is away."""
        return person in self.always or bisect_right(self.by_person.get(person, ()), at) % 2 == 1


def _merged_edges(spans: list[Span]) -> list[datetime]:
    """Start, end, start, end … of the union of some spans."""
    edges: list[datetime] = []
    for since, till in sorted(spans):
        if edges and since <= edges[-1]:
            edges[-1] = max(edges[-1], till)
        else:
            edges += since, till
    return edges


def _apply(duty: Duty, override: OverrideSpec, whole: Piece) -> None:
    pieces = [whole] if override.remove is None else _take(duty.get(override.remove, []), whole.start, whole.end)
    if override.add is not None:
        held = duty.setdefault(override.add, [])
        for piece in pieces:
            _give(held, piece._replace(override=True))


def _take(held: list[Piece], start: datetime, end: datetime) -> list[Piece]:
    """Cuts [start, end) out of a person's pieces and returns what was cut."""
    low, high = _overlapping(held, start, end)
    kept, taken = [], []
    for piece in held[low:high]:
        taken.append(piece._replace(start=max(piece.start, start), end=min(piece.end, end)))
        if piece.start < start:
            kept.append(piece._replace(end=start))
        if piece.end > end:
            kept.append(piece._replace(start=end))
    held[low:high] = kept
    return taken


def _give(held: list[Piece], piece: Piece) -> None:
    """Adds what of the piece the person does not have yet: on duty twice is on duty once."""
    low, high = _overlapping(held, piece.start, piece.end)
    there = held[low:high]
    spans = free(piece.start, piece.end, [(other.start, other.end) for other in there])
    held[low:high] = sorted(there + [piece._replace(start=since, end=till) for since, till in spans])


def _overlapping(held: list[Piece], start: datetime, end: datetime) -> tuple[int, int]:
    return bisect_right(held, start, key=_end), bisect_left(held, end, key=_start)


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Neighbours of one turn and one kind as one."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].end == piece.start and joined[-1][2:] == piece[2:]:
            joined[-1] = joined[-1]._replace(end=piece.end)
        else:
            joined.append(piece)
    return joined
