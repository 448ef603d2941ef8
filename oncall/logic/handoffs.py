"""Where duty in a layer passes from some people to others, and when they are told of it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

MAX_NOTICES: Final = 5
LONGEST_NOTICE: Final = 14 * 24 * 60  # minutes
LONGEST_SHIFT: Final = timedelta(days=31)  # how far back "the past shift" reaches at most


class Duty(NamedTuple):
    """A person's time in a layer, half-open."""

    layer: int
    person: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Boundary:
    """At `at` duty in a layer passes from `outgoing` to `incoming`; either may be empty, who stays is in neither.

    `began_at` is when the shift that ends here began; after a hole, when the hole began.
    """

    layer: int
    at: datetime
    began_at: datetime
    outgoing: frozenset[int]
    incoming: frozenset[int]


def boundaries(duties: Iterable[Duty], since: datetime, until: datetime) -> list[Boundary]:
    """Every handoff in (since, until], by instant and layer. `duties` may reach further on both sides: they should, for
    a shift cut off at `since` looks as if it began there."""
    by_layer: dict[int, list[Duty]] = defaultdict(list)
    for duty in duties:
        by_layer[duty.layer].append(duty)
    found = [b for layer, own in by_layer.items() for b in _of_layer(layer, own) if since < b.at <= until]
    return sorted(found, key=lambda b: (b.at, b.layer))


def _of_layer(layer: int, duties: Sequence[Duty]) -> list[Boundary]:
    starting: dict[datetime, list[Duty]] = defaultdict(list)
    ending: dict[datetime, list[Duty]] = defaultdict(list)
    for duty in duties:
        if duty.start < duty.end:
            starting[duty.start].append(duty)
            ending[duty.end].append(duty)
    running: dict[int, int] = defaultdict(int)
    before: frozenset[int] = frozenset()
    began: datetime | None = None
    found = []
    for at in sorted({*starting, *ending}):
        for duty in ending[at]:
            running[duty.person] -= 1
        for duty in starting[at]:
            running[duty.person] += 1
        after = frozenset(person for person, turns in running.items() if turns > 0)
        if after != before:
            since = max(began or at - LONGEST_SHIFT, at - LONGEST_SHIFT)
            found.append(Boundary(layer, at, since, before - after, after - before))
            began = at
        before = after
    return found


def stage(notices: Iterable[int], told: int | None, at: datetime, now: datetime) -> int | None:
    """Which notice (minutes before `at`) is due now: the latest whose time has come and that was not sent, so that
    after an outage one message goes out and not three; None where nothing is due. `told` is the last one sent."""
    due = [minutes for minutes in _left(notices, told) if at - timedelta(minutes=minutes) <= now]
    return min(due, default=None)


def next_due(notices: Iterable[int], told: int | None, at: datetime) -> datetime | None:
    """When the next notice is due; None where all were sent."""
    longest = max(_left(notices, told), default=None)
    return None if longest is None else at - timedelta(minutes=longest)


def _left(notices: Iterable[int], told: int | None) -> list[int]:
    return [minutes for minutes in notices if told is None or minutes < told]
