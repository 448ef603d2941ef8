"""/silences/ and /maintenance/: alerts that open nothing for a while, and services that page nobody for a while."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from incidents import intake
from incidents.logic.silences import MatcherError, parse
from incidents.models import Maintenance, Service, Silence
from oncall import nudge
from oncall.api.base.filters import Word, after, before, filters
from oncall.api.base.instants import Instant
from oncall.api.base.serializers import Named, Rows, Span
from oncall.api.base.views import ByMe
from oncall.models import User


class SilenceSerializer(Span, Rows[Silence]):
    service = Named(
        slug_field="slug", queryset=Service.objects.all(), required=False, allow_null=True, help_text="Null: every one."
    )
    matchers = serializers.CharField(
        required=False,
        allow_blank=True,
        help_text='As Alertmanager writes them: alertname="DiskFull", instance=~"db.*"',
    )
    created_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)

    class Meta:
        model = Silence
        fields = ["id", "service", "matchers", "comment", "created_by"]

    def validate_matchers(self, matchers: str) -> str:
        if matchers.strip():
            try:
                parse(matchers)
            except MatcherError as error:
                raise serializers.ValidationError(str(error)) from error
        return matchers

    def validate(self, attrs: Any) -> Any:
        service = attrs.get("service", getattr(self.instance, "service", None))
        matchers = attrs.get("matchers", getattr(self.instance, "matchers", ""))
        if service is None and not matchers.strip():
            raise serializers.ValidationError({"matchers": _("Name a service, write matchers, or both.")})
        return super().validate(attrs)


class SilenceFilter(filters.FilterSet):
    service = Word("service__slug")
    created_by = Word("created_by__username")
    from_after, from_before = after("starts_at"), before("starts_at")
    to_after, to_before = after("ends_at"), before("ends_at")

    class Meta:
        model = Silence
        fields: list[str] = []


class SilenceViewSet(ByMe[Silence]):
    """Silences. Alerts that match are stored and open no incident until the silence ends."""

    queryset = Silence.objects.select_related("service", "created_by")
    serializer_class = SilenceSerializer
    filterset_class = SilenceFilter

    def perform_update(self, serializer: serializers.BaseSerializer[Silence]) -> None:
        before = Silence.objects.get(pk=serializer.instance.pk) if serializer.instance else None
        after = serializer.save()
        # What the old one held and the new one does not is let go, wherever the old one looked.
        for silence in {before.service_id: before, after.service_id: after}.values() if before else [after]:
            intake.silence_changed(silence, timezone.now())

    def perform_destroy(self, instance: Silence) -> None:
        instance.delete()
        intake.silence_changed(instance, timezone.now())


class MaintenanceSerializer(Span, Rows[Maintenance]):
    service = Named(slug_field="slug", queryset=Service.objects.all())
    repeat_until = Instant(source="repeat_until_at", required=False, allow_null=True)
    created_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)

    class Meta:
        model = Maintenance
        fields = ["id", "service", "weekly", "repeat_until", "reason", "created_by"]

    def validate(self, attrs: Any) -> Any:
        values = {
            name: attrs.get(name, getattr(self.instance, name, None))
            for name in ("starts_at", "ends_at", "weekly", "repeat_until_at")
        }
        if values["repeat_until_at"] and not values["weekly"]:
            raise serializers.ValidationError({"repeat_until": _("Only with weekly: true.")})
        if values["repeat_until_at"] and values["repeat_until_at"] <= values["starts_at"]:
            raise serializers.ValidationError({"repeat_until": _("The end is not after the start.")})
        return super().validate(attrs)


class MaintenanceFilter(filters.FilterSet):
    service = Word("service__slug")
    team = Word("service__team__slug")
    weekly = filters.BooleanFilter()
    from_after, from_before = after("starts_at"), before("starts_at")
    to_after, to_before = after("ends_at"), before("ends_at")

    class Meta:
        model = Maintenance
        fields: list[str] = []


class MaintenanceViewSet(ByMe[Maintenance]):
    """Planned work on a service: alerts are stored, nobody is paged; what still fires at its end pages then."""

    queryset = Maintenance.objects.select_related("service", "created_by")
    serializer_class = MaintenanceSerializer
    filterset_class = MaintenanceFilter

    def perform_create(self, serializer: serializers.BaseSerializer[Maintenance]) -> None:
        super().perform_create(serializer)
        nudge.look("incidents.holds")

    def perform_update(self, serializer: serializers.BaseSerializer[Maintenance]) -> None:
        serializer.save()
        nudge.look("incidents.holds")

    def perform_destroy(self, instance: Maintenance) -> None:
        instance.delete()
        nudge.look("incidents.holds")
