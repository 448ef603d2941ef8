"""A schedule's layers as documents write them, and how a given list replaces what is there."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from oncall.api.base.instants import Instant
from oncall.api.base.serializers import Rows, Span, Strict, Whole, written
from oncall.logic.rotation import MAX_LENGTH
from oncall.models import DeclaredGap, Layer, LayerMember, Schedule, User

MAX_MEMBERS: Final = 200
MAX_LAYERS: Final = 20
Turns = list[list[User]]


@extend_schema_field(
    {
        "type": "array",
        "items": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        "description": "Usernames in the order of their turns; an item may be a list: several people in one turn.",
    }
)
class Members(serializers.Field[Any, Any, Any, Any]):
    """[ana, [bo, cy]]: turns, in order."""

    def to_internal_value(self, data: Any) -> Turns:
        items = data if isinstance(data, list) else None
        if items is None or len(items) > MAX_MEMBERS:
            raise serializers.ValidationError(_("Write a list of at most %d usernames.") % MAX_MEMBERS)
        turns = [item if isinstance(item, list) else [item] for item in items]
        names = {name for turn in turns for name in turn if isinstance(name, str) and "\x00" not in name}
        people = {user.username: user for user in User.objects.filter(username__in=names)}
        for turn in turns:
            unknown = [name for name in turn if not isinstance(name, str) or name not in people]
            if unknown or not turn:
                raise serializers.ValidationError(
                    _("There is no %(name)s.") % {"name": unknown[0]} if unknown else _("A turn needs somebody.")
                )
        return [[people[name] for name in dict.fromkeys(turn)] for turn in turns]

    def to_representation(self, value: Any) -> list[Any]:
        turns = [[member.user.username for member in turn] for turn in _turns(value.all())]
        return [turn[0] if len(turn) == 1 else turn for turn in turns]


class RotationSerializer(Strict):
    unit = serializers.ChoiceField(choices=Layer.Unit.choices, default=Layer.Unit.WEEKLY)
    length = serializers.IntegerField(min_value=1, max_value=MAX_LENGTH, default=1)
    start = Instant(source="start_at")


class LayerSerializer(Rows[Layer]):
    rotation = RotationSerializer(source="*")
    members = Members(required=False)
    until = Instant(source="until_at", required=False, allow_null=True)

    class Meta:
        model = Layer
        list_serializer_class = Whole
        fields = ["name", "timezone", "rotation", "members", "until"]
        extra_kwargs = {"timezone": {"required": False, "allow_blank": True}}


class GapSerializer(Span, Rows[DeclaredGap]):
    class Meta:
        model = DeclaredGap
        list_serializer_class = Whole
        fields = ["reason"]


class RestSerializer(Strict):
    max_consecutive_days = serializers.IntegerField(
        source="rest_max_consecutive_days", min_value=1, max_value=366, required=False, allow_null=True
    )
    min_gap_days = serializers.IntegerField(
        source="rest_min_gap_days", min_value=0, max_value=366, required=False, allow_null=True
    )
    count = serializers.ChoiceField(choices=["layer"], required=False, help_text="Rest is counted within a layer.")

    def to_internal_value(self, data: Any) -> Any:
        values = super().to_internal_value(data)
        values.pop("count", None)
        return values

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return {**super().to_representation(instance), "count": "layer"}


def replace_layers(schedule: Schedule, layers: Sequence[dict[str, Any]]) -> None:
    """Make the schedule's layers those given: found by name, in their order; the others go."""
    there = {layer.name: layer for layer in Layer.objects.filter(schedule=schedule)}
    for name in there.keys() - {values["name"] for values in layers}:
        there.pop(name).delete()
    for position, values in enumerate(layers):
        turns: Turns | None = values.pop("members", None)
        layer = there.get(values["name"]) or Layer(schedule=schedule)
        defaults: dict[str, Any] = {"timezone": "", "until_at": None} if layer.pk is None else {}
        if written(layer, {**defaults, **values, "position": position}) or layer.pk is None:
            layer.save()
        if turns is not None:
            _replace_members(layer, turns)


def replace_gaps(schedule: Schedule, gaps: Sequence[dict[str, Any]]) -> None:
    """Make the schedule's declared gaps those given."""
    wanted = [(gap["starts_at"], gap["ends_at"], gap.get("reason", "")) for gap in gaps]
    for row in DeclaredGap.objects.filter(schedule=schedule):
        key = (row.starts_at, row.ends_at, row.reason)
        if key in wanted:
            wanted.remove(key)
        else:
            row.delete()
    for starts_at, ends_at, reason in wanted:
        DeclaredGap.objects.create(schedule=schedule, starts_at=starts_at, ends_at=ends_at, reason=reason)


def _replace_members(layer: Layer, turns: Turns) -> None:
    rows = list(layer.members.select_related("user"))
    if [[row.user for row in turn] for turn in _turns(rows)] == turns:
        return
    for row in rows:
        row.delete()
    for position, turn in enumerate(turns):
        for user in turn:
            LayerMember.objects.create(layer=layer, position=position, user=user)


def _turns(members: Sequence[LayerMember]) -> list[list[LayerMember]]:
    ordered = sorted(members, key=lambda member: (member.position, member.pk))
    return [list(turn) for _position, turn in groupby(ordered, key=lambda member: member.position)]
