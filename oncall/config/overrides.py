"""Overrides of schedules, from documents to rows: found by their values, kept in the order in which they apply."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from oncall.documents import Run, rows
from oncall.documents.columns import distinct
from oncall.models import Override, Schedule

Value = tuple[Any, ...]


def documents(overrides: Iterable[Override], names: Mapping[int, str]) -> list[dict[str, Any]]:
    """As in documents, in the order in which they were made: a later one sees the earlier's result."""
    return distinct(_document(override, names) for override in sorted(overrides, key=lambda override: override.pk))


def _document(override: Override, names: Mapping[int, str]) -> dict[str, Any]:
    return {
        "from": override.starts_at,
        "to": override.ends_at,
        "reason": override.reason,
        "layer": override.layer.name if override.layer else None,
        "add": names[override.add_id] if override.add_id else None,
        "remove": names[override.remove_id] if override.remove_id else None,
    }


def write(run: Run, wanted: Sequence[tuple[Schedule, list[dict[str, Any]]]]) -> None:
    """Keep the rows whose order is right already; from the first that differs on, make them anew."""
    there: dict[int, list[Override]] = {schedule.pk: [] for schedule, _overrides in wanted}
    for override in Override.objects.filter(schedule__in=there).order_by("pk"):
        there[override.schedule_id].append(override)
    fresh = []
    for schedule, shapes in wanted:
        values = [_value(run, schedule, shape) for shape in shapes]
        present = {_value_of(row): row for row in there[schedule.pk]}
        kept = [value for value in present if value in values]
        same = 0
        while same < len(kept) and kept[same] == values[same]:
            same += 1
        stay = set(values[:same])
        rows.delete((row for row in there[schedule.pk] if present[_value_of(row)] is not row), run.now)
        rows.delete((row for value, row in present.items() if value not in stay), run.now)
        fresh += [_row(schedule, value) for value in values[same:]]
    rows.create(Override, fresh, run.now)


def _value(run: Run, schedule: Schedule, shape: Mapping[str, Any]) -> Value:
    users, layers = run.directory.ids("users"), run.directory.ids("layers")
    layer = layers[f"{schedule.slug}/{shape['layer']}"] if shape["layer"] else None
    add, remove = (users[shape[field]] if shape[field] else None for field in ("add", "remove"))
    return layer, add, remove, shape["from"], shape["to"], shape["reason"]


def _value_of(row: Override) -> Value:
    return row.layer_id, row.add_id, row.remove_id, row.starts_at, row.ends_at, row.reason


def _row(schedule: Schedule, value: Value) -> Override:
    layer, add, remove, starts_at, ends_at, reason = value
    return Override(
        schedule=schedule,
        layer_id=layer,
        add_id=add,
        remove_id=remove,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
    )
