"""Which event of a calendar a shift is: a shift that moves keeps its event."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from oncall.logic.handoffs import Duty

FARTHEST: Final = timedelta(days=8)


class Known(NamedTuple):
    """A shift as calendars show it."""

    key: int
    duty: Duty


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written: shifts without an event, events whose shift moved, events without a shift."""

    new: list[Duty]
    moved: list[Known]
    gone: list[int]


def matched(known: Iterable[Known], duties: Iterable[Duty]) -> Plan:
    """Shifts that are as they were keep their event; of the rest, the nearest of the same person and layer, by its
    start, at most eight days away, is the same shift, moved."""
    wanted = set(duties)
    old: dict[tuple[int, int], list[Known]] = defaultdict(list)
    for each in sorted(known, key=lambda each: each.duty):
        if each.duty in wanted:
            wanted.discard(each.duty)
        else:
            old[each.duty[:2]].append(each)
    new, moved = [], []
    for duty in sorted(wanted):
        candidates = old[duty[:2]]
        at = _nearest(candidates, duty.start)
        if at is None:
            new.append(duty)
        else:
            moved.append(Known(candidates.pop(at).key, duty))
    gone = [each.key for left in old.values() for each in left]
    return Plan(new, moved, gone)


def _nearest(candidates: list[Known], start: datetime) -> int | None:
    at = bisect_left(candidates, start, key=lambda each: each.duty.start)
    near = [place for place in (at - 1, at) if 0 <= place < len(candidates)]
    best = min(near, key=lambda place: abs(candidates[place].duty.start - start), default=None)
    return best if best is not None and abs(candidates[best].duty.start - start) <= FARTHEST else None
