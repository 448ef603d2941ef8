"""Who is on call now and who is next, layer by layer, and whether they can be reached."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from oncall import paging, roster
from oncall.logic import coverage
from oncall.logic.specs import ScheduleSpec
from oncall.models import Schedule, Shift, User

MAX_SCHEDULES: Final = 40


@dataclass(frozen=True, slots=True)
class Person:
    user: User
    reachable: bool


@dataclass(frozen=True, slots=True)
class Duty:
    """One layer. Nobody in `people`: `until` is when the next shift begins, None if never."""

    layer: str
    people: list[Person]
    until: datetime | None
    following: list[Person]


@dataclass(frozen=True, slots=True)
class OnCall:
    schedule: Schedule
    layers: list[Duty]


def on_call_now(now: datetime) -> list[OnCall]:
    """Every schedule (at most 40, by name); ten queries however many.

    A recorded shift says who is on call now, as everywhere; what follows is computed from the present configuration.
    """
    schedules = list(Schedule.objects.order_by("name")[:MAX_SCHEDULES])
    specs = roster.specs([schedule.pk for schedule in schedules], now)
    stored = _stored(specs, now)
    found: dict[int, list[tuple[str, tuple[int, ...], datetime | None, tuple[int, ...]]]] = {}
    for key, spec in specs.items():
        names = {layer.id: layer.name for layer in spec.layers}
        found[key] = [_duty(spec, entry, names[entry.layer], stored) for entry in coverage.on_call(spec, now)]
    everybody = {key for rows in found.values() for row in rows for key in (*row[1], *row[3])}
    users = User.objects.in_bulk(everybody)
    reached = paging.reachable(everybody)

    def people(keys: Iterable[int]) -> list[Person]:
        return [Person(users[key], key in reached) for key in keys if key in users]

    return [
        OnCall(
            schedule,
            [Duty(name, people(here), until, people(after)) for name, here, until, after in found[schedule.pk]],
        )
        for schedule in schedules
    ]


def _duty(
    spec: ScheduleSpec, entry: coverage.OnCall, name: str, stored: dict[int, list[Shift]]
) -> tuple[str, tuple[int, ...], datetime | None, tuple[int, ...]]:
    shifts = stored.get(entry.layer, [])
    here = tuple(shift.person_id for shift in shifts if shift.person_id) if shifts else entry.people
    until = min(shift.ends_at for shift in shifts) if shifts else entry.until
    following: tuple[int, ...] = ()
    if until is not None:
        later = coverage.on_call(spec, until)
        following = next((after.people for after in later if after.layer == entry.layer), ())
    return name, here, until, following


def _stored(specs: dict[int, ScheduleSpec], now: datetime) -> dict[int, list[Shift]]:
    layers = [layer.id for spec in specs.values() for layer in spec.layers]
    rows: dict[int, list[Shift]] = defaultdict(list)
    for row in Shift.objects.filter(layer__in=layers, starts_at__lte=now, ends_at__gt=now).order_by("username"):
        rows[row.layer_id or 0].append(row)
    return rows
