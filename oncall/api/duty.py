"""/overrides/ and /leave/: who steps in, and who is away."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from oncall.api.base.filters import Word, after, before, filters
from oncall.api.base.serializers import Named, Rows, Span
from oncall.api.base.views import Configuration
from oncall.api.settling import schedules_of
from oncall.engine import shifts
from oncall.models import Leave, Override, Schedule, User


class OverrideSerializer(Span, Rows[Override]):
    """Replace (`add` and `remove`), `add` alone, or `remove` alone (a hole)."""

    schedule = Named(slug_field="slug", queryset=Schedule.objects.all())
    layer = serializers.CharField(
        required=False,
        allow_null=True,
        help_text="Its name; without: every layer the removed person is in, else the first.",
    )
    add = Named(slug_field="username", queryset=User.objects.all(), required=False, allow_null=True)
    remove = Named(slug_field="username", queryset=User.objects.all(), required=False, allow_null=True)
    created_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)

    class Meta:
        model = Override
        fields = ["id", "schedule", "layer", "add", "remove", "reason", "created_at", "created_by"]

    def validate(self, attrs: Any) -> Any:
        values = {name: attrs.get(name, getattr(self.instance, name, None)) for name in ("schedule", "add", "remove")}
        if values["add"] is None and values["remove"] is None:
            raise serializers.ValidationError({"add": _("Name somebody to add, to remove, or both.")})
        if attrs.get("add") and not attrs["add"].is_active:
            raise serializers.ValidationError({"add": _("%(name)s is not active.") % {"name": attrs["add"]}})
        if self.instance is not None and values["schedule"] != self.instance.schedule:
            raise serializers.ValidationError({"schedule": _("Make a new override for another schedule.")})
        if isinstance(attrs.get("layer"), str):
            found = values["schedule"].layers.filter(name=attrs["layer"]).first()
            if found is None:
                raise serializers.ValidationError({"layer": _("There is no %(name)s.") % {"name": attrs["layer"]}})
            attrs["layer"] = found
        return super().validate(attrs)

    def create(self, validated_data: dict[str, Any]) -> Override:
        with shifts.settled([validated_data["schedule"].pk], timezone.now()):
            return Override.objects.create(**validated_data)

    def update(self, instance: Override, validated_data: dict[str, Any]) -> Override:
        with shifts.settled([instance.schedule_id], timezone.now()):
            return super().update(instance, validated_data)

    def to_representation(self, instance: Override) -> dict[str, Any]:
        said: dict[str, Any] = super().to_representation(instance)
        return {**said, "layer": instance.layer.name if instance.layer else None}


class OverrideFilter(filters.FilterSet):
    schedule = Word("schedule__slug")
    layer = Word("layer__name")
    person = Word(method="of_person", label="The person added or removed.")
    from_after = after("starts_at")
    from_before = before("starts_at")
    to_after = after("ends_at")
    to_before = before("ends_at")

    class Meta:
        model = Override
        fields: list[str] = []

    def of_person(self, rows: Any, _name: str, username: str) -> Any:
        return rows.filter(add__username=username) | rows.filter(remove__username=username)


class OverrideViewSet(Configuration[Override]):
    """Overrides. What is past stays as it was, whatever is changed here."""

    queryset = Override.objects.select_related("schedule", "layer", "add", "remove", "created_by")
    serializer_class = OverrideSerializer
    filterset_class = OverrideFilter

    def perform_create(self, serializer: serializers.BaseSerializer[Override]) -> None:
        serializer.save(created_by=self.request.user)

    def perform_destroy(self, instance: Override) -> None:
        with shifts.settled([instance.schedule_id], timezone.now()):
            instance.delete()


class LeaveSerializer(Span, Rows[Leave]):
    person = Named(slug_field="username", queryset=User.objects.all(), source="user")

    class Meta:
        model = Leave
        fields = ["id", "person", "reason"]

    def create(self, validated_data: dict[str, Any]) -> Leave:
        with shifts.settled(schedules_of([validated_data["user"].pk]), timezone.now()):
            return Leave.objects.create(**validated_data)

    def update(self, instance: Leave, validated_data: dict[str, Any]) -> Leave:
        people = {instance.user_id, validated_data.get("user", instance.user).pk}
        with shifts.settled(schedules_of(people), timezone.now()):
            return super().update(instance, validated_data)


class LeaveFilter(filters.FilterSet):
    person = Word("user__username")
    team = Word("user__memberships__team__slug")
    from_after = after("starts_at")
    from_before = before("starts_at")
    to_after = after("ends_at")
    to_before = before("ends_at")

    class Meta:
        model = Leave
        fields: list[str] = []


class LeaveViewSet(Configuration[Leave]):
    """Time off. For exactly its hours the next in the rotation stands in."""

    queryset = Leave.objects.select_related("user")
    serializer_class = LeaveSerializer
    filterset_class = LeaveFilter

    def perform_destroy(self, instance: Leave) -> None:
        with shifts.settled(schedules_of([instance.user_id]), timezone.now()):
            instance.delete()
