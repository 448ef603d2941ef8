"""`schedules`: layers with their rotations, overrides, declared gaps. Shifts that run are split when it changes."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from django.db.models import QuerySet

from oncall.config import layers, overrides
from oncall.config.rota import ScheduleShape
from oncall.documents import Column, Composite, Directory, Item, Reference, Run, Section, rows
from oncall.documents.columns import distinct
from oncall.documents.run import Index
from oncall.documents.sections import wanting
from oncall.documents.uses import still_used
from oncall.engine import shifts
from oncall.models import DeclaredGap, Layer, Schedule
from oncall.models.fields import minutes_of, notices_text

OWN = {"Layer", "Override", "DeclaredGap", "Shift", "Handoff", "CalendarEvent", "CalendarFeed"}


def _rest_document(most: int | None, gap: int | None) -> dict[str, Any] | None:
    if most is None and gap is None:
        return None
    return {"max_consecutive_days": most, "min_gap_days": gap, "count": "layer"}


def _rest_row(rest: dict[str, Any] | None) -> tuple[int | None, int | None]:
    return (rest["max_consecutive_days"], rest["min_gap_days"]) if rest else (None, None)


def _notices_row(minutes: list[int]) -> tuple[str]:
    return (notices_text(minutes),)


class Schedules(Section[Schedule]):
    name: ClassVar[str] = "schedules"
    noun: ClassVar[str] = "schedule"
    shape = ScheduleShape
    columns = (
        Column("name"),
        Column("slug"),
        Reference("team", "teams"),
        Column("timezone"),
        Composite("rest", ("rest_max_consecutive_days", "rest_min_gap_days"), _rest_document, _rest_row),
        Composite("handoff_notices", ("handoff_notices",), minutes_of, _notices_row),
    )
    parts = ("layers", "overrides", "declared_gaps")
    model = Schedule

    def rows(self) -> QuerySet[Schedule]:
        return Schedule.objects.prefetch_related("layers__members", "overrides__layer", "declared_gaps")

    def indexes(self) -> dict[str, Index]:
        return {
            "schedules": lambda: dict(Schedule.objects.values_list("slug", "pk")),
            "layers": lambda: {
                f"{slug}/{name}": key for slug, name, key in Layer.objects.values_list("schedule__slug", "name", "pk")
            },
        }

    def names(self, run: Run) -> dict[str, set[str]]:
        """Layers of a schedule whose list is given are those of the list."""
        shapes: list[ScheduleShape] = [entry.shape for entry in run.entries.get("schedules", [])]
        replaced = {shape.identity for shape in shapes if "layers" in shape.model_fields_set}
        kept = {name for name in run.directory.ids("layers") if name.split("/")[0] not in replaced}
        given = {f"{shape.identity}/{layer.name}" for shape in shapes for layer in shape.layers}
        return {**super().names(run), "layers": kept | given}

    def parts_of(self, row: Schedule, directory: Directory) -> dict[str, Any]:
        names = directory.names("users")
        gaps = distinct(
            {"from": gap.starts_at, "to": gap.ends_at, "reason": gap.reason} for gap in row.declared_gaps.all()
        )
        return {
            "layers": [layers.document(layer, names) for layer in row.layers.all()],
            "overrides": overrides.documents(row.overrides.all(), names),
            "declared_gaps": sorted(gaps, key=lambda gap: (gap["from"], gap["to"])),
        }

    def before_writing(self, run: Run, changed: Sequence[Item[Schedule]]) -> None:
        run.stack.enter_context(shifts.settled([item.row.pk for item in changed], run.now))

    def write_parts(self, run: Run, items: Sequence[Item[Schedule]]) -> None:
        layers.write(run, wanting(items, "layers"))
        run.directory.forget("layers")
        overrides.write(run, wanting(items, "overrides"))
        _write_gaps(run, wanting(items, "declared_gaps"))
        # What runs now in a new schedule began with its turn; nothing was recorded before that could be split.
        if fresh := [item.row.pk for item in items if item.new]:
            run.stack.callback(partial(shifts.settle, fresh, run.now))

    def keep(self, run: Run, row: Schedule) -> str:
        return still_used(row, OWN)

    def remove(self, run: Run, row: Schedule) -> None:
        """What runs ends now, what was stays."""
        with shifts.settled([row.pk], run.now):
            rows.delete(row.layers.all(), run.now)
        super().remove(run, row)


def _write_gaps(run: Run, wanted: Sequence[tuple[Schedule, list[dict[str, Any]]]]) -> None:
    there: dict[int, list[DeclaredGap]] = {row.pk: [] for row, _gaps in wanted}
    for gap in DeclaredGap.objects.filter(schedule__in=there):
        there[gap.schedule_id].append(gap)
    fresh = []
    for row, gaps in wanted:
        missing = [(gap["from"], gap["to"], gap["reason"]) for gap in gaps]
        for gap in there[row.pk]:
            value = (gap.starts_at, gap.ends_at, gap.reason)
            if value in missing:
                missing.remove(value)
            else:
                rows.delete([gap], run.now)
        fresh += [DeclaredGap(schedule=row, starts_at=start, ends_at=end, reason=why) for start, end, why in missing]
    rows.create(DeclaredGap, fresh, run.now)
