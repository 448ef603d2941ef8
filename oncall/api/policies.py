"""/escalation-policies/: steps and whom they page. Running pages keep the version that they began with."""

from typing import Any, Final

from django.db.models import Model, Prefetch
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from oncall.api.base.filters import Search, Word, filters
from oncall.api.base.serializers import Named, Rows, SluggedName, Whole, written
from oncall.api.base.views import NAME, Configuration
from oncall.models import Channel, EscalationPolicy, EscalationStep, Layer, Schedule, StepTarget, Team, User

MAX_STEPS: Final = 50
MAX_TARGETS: Final = 50
_MODELS: Final[dict[str, tuple[type[Model], str, str]]] = {
    # kind: (model, its name on the wire, the column)
    "schedule": (Schedule, "slug", "schedule"),
    "user": (User, "username", "user"),
    "team_lead": (Team, "slug", "team"),
    "team_manager": (Team, "slug", "team"),
    "team": (Team, "slug", "team"),
    "channel": (Channel, "slug", "channel"),
}


@extend_schema_field(
    {
        "type": "object",
        "properties": {name: {"type": "string"} for name in (*_MODELS, "layer")},
        "description": "One of schedule (with a layer's name, or its first), user, team_lead, team_manager, team, "
        "channel.",
        "example": {"schedule": "platform", "layer": "primary"},
    }
)
class Target(serializers.Field[Any, Any, Any, Any]):
    """{schedule, layer?} or one of the other kinds."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        kinds = [name for name in data if name in _MODELS] if isinstance(data, dict) else []
        if len(kinds) != 1:
            raise serializers.ValidationError(_("Name one of: %s.") % ", ".join(_MODELS))
        kind = kinds[0]
        extra = [str(name) for name in data if name not in (kind, *(["layer"] if kind == "schedule" else []))]
        if extra:
            raise serializers.ValidationError({extra[0][:100]: _("Unknown field.")})
        model, slug_field, column = _MODELS[kind]
        row = _find(model, slug_field, data[kind], kind)
        target = {"kind": kind, column: row}
        if data.get("layer") is not None:
            target["layer"] = _find(Layer, "name", data["layer"], "layer", schedule=row)
        return target

    def to_representation(self, value: StepTarget) -> dict[str, Any]:
        _model, slug_field, column = _MODELS[value.kind]
        row = getattr(value, column)
        said = {str(value.kind): getattr(row, slug_field) if row else None}
        return {**said, "layer": value.layer.name} if value.layer else said


class StepSerializer(Rows[EscalationStep]):
    targets = serializers.ListField(child=Target(), source="targets.all", max_length=MAX_TARGETS)

    class Meta:
        model = EscalationStep
        list_serializer_class = Whole
        fields = ["delay_minutes", "targets"]


class PolicySerializer(SluggedName, Rows[EscalationPolicy]):
    team = Named(slug_field="slug", queryset=Team.objects.all(), required=False, allow_null=True)
    steps = StepSerializer(many=True, required=False, max_length=MAX_STEPS)  # type: ignore[call-arg]

    class Meta:
        model = EscalationPolicy
        fields = ["name", "slug", "team", "repeat", "repeat_after_minutes", "steps"]
        extra_kwargs = {"slug": {"required": False}}

    def create(self, validated_data: dict[str, Any]) -> EscalationPolicy:
        steps = validated_data.pop("steps", [])
        policy = EscalationPolicy.objects.create(**validated_data)
        _replace_steps(policy, steps)
        return policy

    def update(self, instance: EscalationPolicy, validated_data: dict[str, Any]) -> EscalationPolicy:
        steps = validated_data.pop("steps", None)
        if written(instance, validated_data):
            instance.save()
        if steps is not None:
            _replace_steps(instance, steps)
        return instance


def _replace_steps(policy: EscalationPolicy, steps: list[dict[str, Any]]) -> None:
    """Make the policy's steps those given; the same ones again write nothing."""
    wanted = [(step.get("delay_minutes", 0), step["targets"]["all"]) for step in steps]
    rows = list(EscalationStep.objects.filter(policy=policy).prefetch_related(TARGETS))
    there = [(row.delay_minutes, [_values(target) for target in row.targets.all()]) for row in rows]
    if there == wanted:
        return
    for row in rows:
        row.delete()
    for position, (delay, targets) in enumerate(wanted):
        step = EscalationStep.objects.create(policy=policy, position=position, delay_minutes=delay)
        for target in targets:
            StepTarget.objects.create(step=step, **target)


def _values(target: StepTarget) -> dict[str, Any]:
    column = _MODELS[target.kind][2]
    values = {"kind": target.kind, column: getattr(target, column)}
    return {**values, "layer": target.layer} if target.layer else values


def _find(model: type[Model], field: str, name: object, label: str, **within: Any) -> Model:
    if isinstance(name, str) and "\x00" not in name:
        row = model._default_manager.filter(**{field: name}, **within).first()
        if row is not None:
            return row
    raise serializers.ValidationError({label: _("There is no %(name)s.") % {"name": str(name)[:100]}})


TARGETS = Prefetch(
    "targets", StepTarget.objects.select_related("schedule", "layer", "user", "team", "channel").order_by("id")
)


class PolicyFilter(filters.FilterSet):
    slug = Word()
    team = Word("team__slug")
    search = Search("name")

    class Meta:
        model = EscalationPolicy
        fields: list[str] = []


class PolicyViewSet(Configuration[EscalationPolicy]):
    """Escalation policies, by slug. A list of steps given replaces the steps."""

    queryset = EscalationPolicy.objects.select_related("team").prefetch_related(
        Prefetch("steps", EscalationStep.objects.order_by("position", "id").prefetch_related(TARGETS))
    )
    serializer_class = PolicySerializer
    filterset_class = PolicyFilter
    lookup_field = "slug"
    lookup_value_regex = NAME
