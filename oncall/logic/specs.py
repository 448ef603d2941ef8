"""What a schedule is, as values: its layers, overrides, leave and declared gaps. People are user keys."""

from dataclasses import dataclass
from datetime import datetime

from oncall.logic.rotation import Rotation


@dataclass(frozen=True, slots=True)
class LayerSpec:
    id: int
    name: str
    rotation: Rotation


@dataclass(frozen=True, slots=True)
class OverrideSpec:
    """Half-open span; add + remove replaces, add alone adds, remove alone makes a hole.

    Without `layer`: every layer the removed person is in; an addition alone goes to the first.
    """

    start: datetime
    end: datetime
    add: int | None
    remove: int | None
    layer: int | None


@dataclass(frozen=True, slots=True)
class Leave:
    person: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class ScheduleSpec:
    """`overrides` stand in the order in which they were made; `inactive` people pass their turns on as in leave."""

    layers: tuple[LayerSpec, ...]
    overrides: tuple[OverrideSpec, ...]
    leave: tuple[Leave, ...]
    inactive: frozenset[int]
    declared_gaps: tuple[tuple[datetime, datetime], ...]
