"""The shape of a schedule in documents."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from django.utils.translation import gettext as _
from pydantic import AfterValidator, BeforeValidator, Field

from oncall.documents import Mention, Shape
from oncall.documents.kinds import Instant, Name, Named, Slug, Small, Span, Username, Zone, faults_within, once, twice
from oncall.documents.problems import Path
from oncall.logic.handoffs import LONGEST_NOTICE, MAX_NOTICES
from oncall.logic.rotation import MAX_LENGTH
from oncall.models.fields import NOTICES, minutes_of


def _now_only(count: Any) -> Any:
    if count == "any":
        raise ValueError(_("any comes with a later issue; write layer"))
    return count


def _several(item: Any) -> Any:
    """One turn: somebody, or a list of several people."""
    return [item] if isinstance(item, str) else item


class Rest(Shape):
    max_consecutive_days: Small | None = None
    min_gap_days: Small | None = None
    count: Annotated[Literal["layer"], BeforeValidator(_now_only)] = "layer"


class RotationShape(Shape):
    unit: Literal["hourly", "daily", "weekly", "monthly"]
    length: Annotated[int, Field(ge=1, le=MAX_LENGTH)] = 1
    start: Instant


Turn = Annotated[list[Username], BeforeValidator(_several), Field(min_length=1), AfterValidator(once)]


class LayerShape(Shape):
    name: Name
    timezone: Zone | None = None
    rotation: RotationShape
    members: list[Turn] = []
    until: Instant | None = None


class OverrideShape(Span):
    layer: Name | None = None
    add: Username | None = None
    remove: Username | None = None

    def faults(self) -> Iterator[tuple[Path, str]]:
        yield from super().faults()
        if self.add is None and self.remove is None:
            yield (), _("name whom to add, whom to remove, or both")


def _longest_first(minutes: list[int]) -> list[int]:
    return sorted(once(minutes), reverse=True)


Notice = Annotated[int, Field(ge=0, le=LONGEST_NOTICE)]
Notices = Annotated[list[Notice], Field(max_length=MAX_NOTICES), AfterValidator(_longest_first)]


class ScheduleShape(Named):
    team: Slug | None = None
    timezone: Zone = "UTC"
    rest: Rest | None = None
    layers: list[LayerShape] = []
    overrides: Annotated[list[OverrideShape], AfterValidator(once)] = []
    declared_gaps: Annotated[list[Span], AfterValidator(once)] = []
    handoff_notices: Notices = minutes_of(NOTICES)

    def given(self) -> dict[str, Any]:
        given = super().given()
        for layer in given.get("layers", []):
            # Several people share a turn in no order.
            layer["members"] = [sorted(turn) for turn in layer["members"]]
        if "declared_gaps" in given:
            given["declared_gaps"] = sorted(given["declared_gaps"], key=lambda gap: (gap["from"], gap["to"]))
        return given

    def mentions(self) -> Iterator[Mention]:
        if self.team:
            yield Mention(("team",), "teams", self.team)
        for at, layer in enumerate(self.layers):
            for turn, people in enumerate(layer.members):
                for name in people:
                    yield Mention(("layers", at, "members", turn), "users", name)
        for at, override in enumerate(self.overrides):
            if override.layer:
                yield Mention(("overrides", at, "layer"), "layers", f"{self.identity}/{override.layer}")
            for field in ("add", "remove"):
                if name := getattr(override, field):
                    yield Mention(("overrides", at, field), "users", name)

    def faults(self) -> Iterator[tuple[Path, str]]:
        yield from faults_within("overrides", self.overrides)
        yield from faults_within("declared_gaps", self.declared_gaps)
        yield from twice("layers", (layer.name for layer in self.layers), "name")

    def doubts(self) -> Iterator[tuple[Path, str]]:
        if "layers" in self.model_fields_set and not self.layers:
            yield ("layers",), _("without layers nobody is on call")
        for at, layer in enumerate(self.layers):
            if not layer.members:
                yield ("layers", at, "members"), _("without members nobody is on call in this layer")
