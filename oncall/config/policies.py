"""`escalation_policies`: steps and their targets. Pages that run keep the policy as it was when they began."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from oncall.documents import Column, Directory, Item, Mention, Reference, Run, Section, Shape, rows
from oncall.documents.kinds import Name, Named, Slug, Small, Username
from oncall.documents.problems import Path
from oncall.documents.sections import wanting
from oncall.documents.uses import still_used
from oncall.models import EscalationPolicy, EscalationStep, StepTarget

#: A target's words in documents, each with the section that it names and the column that holds it.
KINDS: Final[dict[str, tuple[str, str]]] = {
    "schedule": ("schedules", "schedule_id"),
    "user": ("users", "user_id"),
    "team_lead": ("teams", "team_id"),
    "team_manager": ("teams", "team_id"),
    "team": ("teams", "team_id"),
    "channel": ("channels", "channel_id"),
}


class TargetShape(Shape):
    schedule: Slug | None = None
    layer: Name | None = None
    user: Username | None = None
    team_lead: Slug | None = None
    team_manager: Slug | None = None
    team: Slug | None = None
    channel: Slug | None = None

    def faults(self) -> Iterator[tuple[Path, str]]:
        if sum(getattr(self, kind) is not None for kind in KINDS) != 1:
            yield (), _("name exactly one of %s") % ", ".join(KINDS)
        if self.layer is not None and self.schedule is None:
            yield ("layer",), _("a layer needs its schedule")

    def mentions(self) -> Iterator[Mention]:
        for kind, (section, _column) in KINDS.items():
            if name := getattr(self, kind):
                yield Mention((kind,), section, name)
        if self.layer is not None:
            yield Mention(("layer",), "layers", f"{self.schedule}/{self.layer}")


class StepShape(Shape):
    delay_minutes: Small = 0
    targets: list[TargetShape] = []


class PolicyShape(Named):
    team: Slug | None = None
    repeat: Small = 0
    repeat_after_minutes: Small | None = None
    steps: list[StepShape] = []

    def _targets(self) -> Iterator[tuple[Path, TargetShape]]:
        for at, step in enumerate(self.steps):
            for number, target in enumerate(step.targets):
                yield ("steps", at, "targets", number), target

    def mentions(self) -> Iterator[Mention]:
        if self.team:
            yield Mention(("team",), "teams", self.team)
        for place, target in self._targets():
            for mention in target.mentions():
                yield Mention((*place, *mention.path), mention.section, mention.name)

    def faults(self) -> Iterator[tuple[Path, str]]:
        for place, target in self._targets():
            for path, message in target.faults():
                yield (*place, *path), message

    def doubts(self) -> Iterator[tuple[Path, str]]:
        if "steps" in self.model_fields_set and not self.steps:
            yield ("steps",), _("without steps a page goes to the fallback at once")
        for at, step in enumerate(self.steps):
            if not step.targets:
                yield ("steps", at, "targets"), _("without targets this step reaches nobody")


class Policies(Section[EscalationPolicy]):
    name: ClassVar[str] = "escalation_policies"
    noun: ClassVar[str] = "escalation policy"
    shape = PolicyShape
    columns = (
        Column("name"),
        Column("slug"),
        Reference("team", "teams"),
        Column("repeat"),
        Column("repeat_after_minutes"),
    )
    parts = ("steps",)
    model = EscalationPolicy

    def rows(self) -> QuerySet[EscalationPolicy]:
        return EscalationPolicy.objects.prefetch_related("steps__targets")

    def parts_of(self, row: EscalationPolicy, directory: Directory) -> dict[str, Any]:
        return {
            "steps": [
                {
                    "delay_minutes": step.delay_minutes,
                    "targets": [_document(target, directory) for target in step.targets.all() if _complete(target)],
                }
                for step in row.steps.all()
            ]
        }

    def write_parts(self, run: Run, items: Sequence[Item[EscalationPolicy]]) -> None:
        wanted = wanting(items, "steps")
        rows.delete(EscalationStep.objects.filter(policy__in=[policy.pk for policy, _steps in wanted]), run.now)
        steps: list[EscalationStep] = []
        targets: list[StepTarget] = []
        for policy, shapes in wanted:
            for position, shape in enumerate(shapes):
                step = EscalationStep(policy=policy, position=position, delay_minutes=shape["delay_minutes"])
                steps.append(step)
                targets += [_target(run.directory, step, target) for target in shape["targets"]]
        rows.create(EscalationStep, steps, run.now)
        rows.create(StepTarget, targets, run.now)

    def keep(self, run: Run, row: EscalationPolicy) -> str:
        return still_used(row, {"EscalationStep", "PolicyVersion"})


def _complete(target: StepTarget) -> bool:
    """A row of which the thing it pages is missing says nothing that a document could."""
    return getattr(target, KINDS[target.kind][1]) is not None


def _document(target: StepTarget, directory: Directory) -> dict[str, Any]:
    section, column = KINDS[target.kind]
    told: dict[str, Any] = dict.fromkeys(TargetShape.model_fields)
    told[target.kind] = directory.names(section)[getattr(target, column)]
    if target.kind == StepTarget.Kind.SCHEDULE and target.layer_id:
        told["layer"] = directory.names("layers")[target.layer_id].split("/", 1)[1]
    return told


def _target(directory: Directory, step: EscalationStep, shape: dict[str, Any]) -> StepTarget:
    kind = next(kind for kind in KINDS if shape[kind] is not None)
    section, column = KINDS[kind]
    target = StepTarget(step=step, kind=kind, **{column: directory.ids(section)[shape[kind]]})
    if shape["layer"]:
        target.layer_id = directory.ids("layers")[f"{shape['schedule']}/{shape['layer']}"]
    return target
