"""Whose turn it is: a rotation's handoffs at wall-clock times of its zone, counted as they really happen."""

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import count

from oncall.logic.wallclock import changes, instant_of, instants_of, utc, wall_of

FIRST = datetime(1900, 1, 1, tzinfo=UTC)  # rotations are answered between these two: zone data says nothing useful
LAST = datetime(2200, 1, 1, tzinfo=UTC)  # outside them, and a stray year 9999 must not cost a walk of centuries
MAX_LENGTH = 10_000


class Unit(StrEnum):
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


STEPS = {Unit.HOURLY: timedelta(hours=1), Unit.DAILY: timedelta(days=1), Unit.WEEKLY: timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Rotation:
    """Every `length` units the turn passes to the next item; item 0's turn begins at `start`, before it too.

    `start` is aware; its wall clock in `timezone` (an IANA name) is the handoff time. No turn after `until`.
    ValueError: a naive instant, a start outside 1900-2199, a length outside 1-10,000.
    """

    unit: Unit
    length: int
    start: datetime
    timezone: str
    items: tuple[tuple[int, ...], ...]
    until: datetime | None = None

    def __post_init__(self) -> None:
        if not FIRST <= utc(self.start) < LAST:
            raise ValueError("a rotation's start lies between the years 1900 and 2199")
        if not 1 <= self.length <= MAX_LENGTH:
            raise ValueError(f"a rotation's length is 1 to {MAX_LENGTH}")
        if self.until is not None:
            utc(self.until)


@dataclass(frozen=True, slots=True)
class Turn:
    """One item's turn: UTC instants, half-open; `item` is an index into the rotation's items."""

    start: datetime
    end: datetime
    item: int


def turns(rotation: Rotation, start: datetime, end: datetime) -> list[Turn]:
    """Every turn that overlaps [start, end), whole (only `until` clips), in order; none without items.

    Aware instants in, UTC out. Rule: INTERFACE.md §4 "Rotations".
    """
    start, end = max(utc(start), FIRST), min(utc(end), LAST)
    until = utc(rotation.until) if rotation.until else None
    if until:
        end = min(end, until)
    if start >= end or not rotation.items:
        return []
    pattern = _Pattern(rotation)
    nominal = pattern.last_by(start)
    item, items = pattern.happened(nominal) % len(rotation.items), len(rotation.items)
    began = pattern.instant(nominal)
    found = []
    for handoff in instants_of(rotation.timezone, map(pattern.wall, count(nominal + 1))):
        if handoff <= began:  # two that a gap lets fall together are one
            continue
        found.append(Turn(began, min(handoff, until) if until else handoff, item))
        if handoff >= end:
            break
        began, item = handoff, (item + 1) % items
    return found


class _Pattern:
    """The nominal handoffs: wall-clock times numbered from the anchor's, 0, in both directions."""

    def __init__(self, rotation: Rotation) -> None:
        self.zone = rotation.timezone
        self.first = wall_of(rotation.timezone, rotation.start)
        self.months = rotation.length
        self.step = STEPS[rotation.unit] * rotation.length if rotation.unit in STEPS else None

    def wall(self, nominal: int) -> datetime:
        if self.step is not None:
            return self.first + nominal * self.step
        years, month = divmod(self.first.month - 1 + nominal * self.months, 12)
        year = self.first.year + years
        day = min(self.first.day, calendar.monthrange(year, month + 1)[1])
        return self.first.replace(year=year, month=month + 1, day=day)

    def instant(self, nominal: int) -> datetime:
        return instant_of(self.zone, self.wall(nominal))

    def last_by(self, instant: datetime) -> int:
        """The last nominal handoff at or before an instant."""
        wall = wall_of(self.zone, instant)
        if self.step is not None:
            nominal = (wall - self.first) // self.step
        else:
            nominal = ((wall.year - self.first.year) * 12 + wall.month - self.first.month) // self.months
        while self.instant(nominal) > instant:
            nominal -= 1
        while self.instant(nominal + 1) <= instant:  # in an hour that comes twice the wall clock is behind
            nominal += 1
        return nominal

    def happened(self, nominal: int) -> int:
        """The number of a nominal handoff among those that really happen: without each that fell onto its forerunner.

        Only a gap at least as long as the step can make two fall together, so weeks and months need no look.
        """
        if self.step is None or self.step > timedelta(days=1):
            return nominal
        low, high = min(0, nominal), max(0, nominal)
        lost = 0
        for year in range(self.wall(low).year - 1, self.wall(high).year + 2):
            for change in changes(self.zone, year):
                if change.new_wall - change.old_wall >= self.step:
                    # of the handoffs within the closed gap all but the first are lost
                    first_lost = 1 - (self.first - change.old_wall) // self.step
                    last_lost = (change.new_wall - self.first) // self.step
                    lost += max(0, min(high, last_lost) - max(low + 1, first_lost) + 1)
        return nominal - lost if nominal > 0 else nominal + lost
