"""/services/: what can break, and who answers for it."""

from typing import Any, Final

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.models import Service, Severity, SeverityPolicy
from oncall.api.base.filters import Search, Word, filters
from oncall.api.base.serializers import Named, Rows, SluggedName, written
from oncall.api.base.views import NAME, Configuration
from oncall.models import EscalationPolicy, Team

Policies = dict[Severity, EscalationPolicy]
MAX_DEPENDENCIES: Final = 200


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}, "example": {"SEV-1": "sev1"}})
class PolicyBySeverity(serializers.Field[Any, Any, Any, Any]):
    """{SEV-1: the slug of a policy}."""

    def to_internal_value(self, data: Any) -> Policies:
        if not isinstance(data, dict):
            raise serializers.ValidationError(_("Write levels and policies, such as {SEV-1: platform-sev1}."))
        levels = {row.level: row for row in Severity.objects.all()}
        slugs = [slug for slug in data.values() if isinstance(slug, str) and "\x00" not in slug]
        policies = {row.slug: row for row in EscalationPolicy.objects.filter(slug__in=slugs)}
        for level, slug in data.items():
            if level not in levels or not isinstance(slug, str) or slug not in policies:
                wrong = slug if level in levels else level
                raise serializers.ValidationError({str(level)[:50]: _("There is no %s.") % str(wrong)[:100]})
        return {levels[level]: policies[slug] for level, slug in data.items()}

    def to_representation(self, value: Any) -> dict[str, str]:
        return {row.severity.level: row.policy.slug for row in value.all()}


class ServiceSerializer(SluggedName, Rows[Service]):
    team = Named(slug_field="slug", queryset=Team.objects.all(), required=False, allow_null=True)
    escalation_policy = Named(
        slug_field="slug", queryset=EscalationPolicy.objects.all(), required=False, allow_null=True
    )
    severity_policies = PolicyBySeverity(required=False)
    default_severity = Named(slug_field="level", queryset=Severity.objects.all(), required=False, allow_null=True)
    depends_on = Named(slug_field="slug", queryset=Service.objects.all(), many=True, required=False)

    class Meta:
        model = Service
        fields = [
            *("name", "slug", "description", "team", "escalation_policy", "severity_policies", "default_severity"),
            *("grouping_minutes", "auto_resolve", "depends_on", "user_facing", "runbook_url"),
        ]
        extra_kwargs = {"slug": {"required": False}}

    def validate_depends_on(self, services: list[Service]) -> list[Service]:
        if len(services) > MAX_DEPENDENCIES:
            raise serializers.ValidationError(_("At most %d services.") % MAX_DEPENDENCIES)
        if self.instance is not None and self.instance in services:
            raise serializers.ValidationError(_("A service does not depend on itself."))
        return services

    def create(self, validated_data: dict[str, Any]) -> Service:
        depends_on = validated_data.pop("depends_on", [])
        policies = validated_data.pop("severity_policies", {})
        service = Service.objects.create(**validated_data)
        service.depends_on.set(depends_on)
        _replace_policies(service, policies)
        return service

    def update(self, instance: Service, validated_data: dict[str, Any]) -> Service:
        depends_on, policies = (validated_data.pop(name, None) for name in ("depends_on", "severity_policies"))
        if written(instance, validated_data):
            instance.save()
        if depends_on is not None:
            instance.depends_on.set(depends_on)
        if policies is not None:
            _replace_policies(instance, policies)
        return instance


def _replace_policies(service: Service, policies: Policies) -> None:
    """Row by row, so that each keeps its history."""
    wanted = dict(policies)
    for row in SeverityPolicy.objects.filter(service=service).select_related("severity", "policy"):
        policy = wanted.pop(row.severity, None)
        if policy is None:
            row.delete()
        elif written(row, {"policy": policy}):
            row.save()
    for severity, policy in wanted.items():
        SeverityPolicy.objects.create(service=service, severity=severity, policy=policy)


class ServiceFilter(filters.FilterSet):
    slug = Word()
    team = Word("team__slug")
    escalation_policy = Word("escalation_policy__slug")
    user_facing = filters.BooleanFilter()
    search = Search("name")

    class Meta:
        model = Service
        fields: list[str] = []


class ServiceViewSet(Configuration[Service]):
    """Services, by slug."""

    queryset = Service.objects.select_related("team", "escalation_policy", "default_severity").prefetch_related(
        Prefetch(
            "severity_policies", SeverityPolicy.objects.select_related("severity", "policy").order_by("severity__rank")
        ),
        "depends_on",
    )
    serializer_class = ServiceSerializer
    filterset_class = ServiceFilter
    lookup_field = "slug"
    lookup_value_regex = NAME
