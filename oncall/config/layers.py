"""Layers of schedules, from documents to rows: found by name and changed in place, as shifts point at them."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from oncall.documents import Run, rows
from oncall.documents.uses import still_used
from oncall.models import Layer, LayerMember, Schedule

COLUMNS = ("position", "timezone", "unit", "length", "start_at", "until_at")
OWN = {"LayerMember", "Override", "Shift", "Handoff", "CalendarEvent"}

Wanted = Sequence[tuple[Schedule, list[dict[str, Any]]]]


def document(layer: Layer, names: Mapping[int, str]) -> dict[str, Any]:
    """As in documents; people of one turn by name."""
    turns: dict[int, list[str]] = {}
    for member in layer.members.all():
        turns.setdefault(member.position, []).append(names[member.user_id])
    return {
        "name": layer.name,
        "timezone": layer.timezone or None,
        "rotation": {"unit": layer.unit, "length": layer.length, "start": layer.start_at},
        "members": [sorted(turns[position]) for position in sorted(turns)],
        "until": layer.until_at,
    }


def write(run: Run, wanted: Wanted) -> None:
    """Layers that are left out go last of all: policies of the same files may be about to let go of them."""
    there: dict[int, dict[str, Layer]] = {schedule.pk: {} for schedule, _layers in wanted}
    for layer in Layer.objects.filter(schedule__in=there).select_related("schedule"):
        there[layer.schedule_id][layer.name] = layer
    fresh: list[Layer] = []
    turns: list[tuple[Layer, list[list[str]]]] = []
    for schedule, shapes in wanted:
        present = there[schedule.pk]
        for position, shape in enumerate(shapes):
            row = present.pop(shape["name"], None)
            if row is None:
                row = Layer(schedule=schedule, name=shape["name"])
                fresh.append(row)
            _fill(run, row, position, shape)
            turns.append((row, shape["members"]))
        if present:
            run.last.append(partial(_remove, run, list(present.values())))
    rows.create(Layer, fresh, run.now)
    _write_members(run, turns)


def _fill(run: Run, row: Layer, position: int, shape: Mapping[str, Any]) -> None:
    rotation = shape["rotation"]
    values = (
        position,
        shape["timezone"] or "",
        rotation["unit"],
        rotation["length"],
        rotation["start"],
        shape["until"],
    )
    changed = [name for name, value in zip(COLUMNS, values, strict=True) if getattr(row, name) != value]
    for name, value in zip(COLUMNS, values, strict=True):
        setattr(row, name, value)
    if row.pk and changed:
        rows.save(row, changed, run.now)


def _write_members(run: Run, turns: Sequence[tuple[Layer, list[list[str]]]]) -> None:
    ids = run.directory.ids("users")
    there: dict[int, dict[tuple[int, int], LayerMember]] = {layer.pk: {} for layer, _turns in turns}
    for member in LayerMember.objects.filter(layer__in=there):
        there[member.layer_id][member.position, member.user_id] = member
    fresh = []
    for layer, people in turns:
        present = there[layer.pk]
        places = [(position, ids[name]) for position, turn in enumerate(people) for name in turn]
        missing = [place for place in places if present.pop(place, None) is None]
        fresh += [LayerMember(layer=layer, position=position, user_id=user) for position, user in missing]
        rows.delete(present.values(), run.now)
    rows.create(LayerMember, fresh, run.now)


def _remove(run: Run, gone: Sequence[Layer]) -> None:
    for layer in gone:
        used = still_used(layer, OWN)
        if not used:
            rows.delete([layer], run.now)
            continue
        entry = next(entry for entry in run.entries["schedules"] if entry.identity == layer.schedule.slug)
        message = _("layer %(layer)s cannot be left out: %(used)s") % {"layer": layer.name, "used": used}
        run.errors.append(entry.problem(message, "layers"))
    run.directory.forget("layers")
