"""/alerts/: what senders told us."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from incidents.models import Alert, Incident, Integration, Service, Severity
from oncall.api.base.filters import Search, Word, after, before, filters
from oncall.api.base.serializers import Rows
from oncall.api.base.views import Reading


class AlertSerializer(Rows[Alert]):
    state = serializers.ChoiceField(choices=["open", "resolved"], read_only=True)
    severity = serializers.SlugRelatedField[Severity](slug_field="level", read_only=True)
    service = serializers.SlugRelatedField[Service](slug_field="slug", read_only=True)
    integration = serializers.SlugRelatedField[Integration](slug_field="name", read_only=True)
    incident = serializers.SlugRelatedField[Incident](slug_field="number", read_only=True)
    link = serializers.SerializerMethodField(help_text="The first of its links.")
    labels = serializers.DictField(child=serializers.CharField(), read_only=True)
    values = serializers.DictField(child=serializers.CharField(), read_only=True)
    links = serializers.ListField(child=serializers.DictField(child=serializers.CharField()), read_only=True)

    class Meta:
        model = Alert
        fields = [
            *("id", "dedup_key", "state", "title", "severity", "source", "labels", "values", "link", "links"),
            *("integration", "service", "incident", "count", "started_at", "first_seen_at", "last_seen_at"),
            *("resolved_at", "silenced_until_at"),
        ]
        read_only_fields = fields

    def get_link(self, alert: Alert) -> str | None:
        return next((str(link["href"]) for link in alert.links if link.get("href")), None)


class AlertFilter(filters.FilterSet):
    dedup_key = Word()
    state = filters.ChoiceFilter(choices=[("open", "open"), ("resolved", "resolved")], method="in_state")
    severity = Word("severity__level")
    service = Word("service__slug")
    team = Word("service__team__slug")
    integration = Word("integration__name")
    incident = Word("incident__number")
    source = Word()
    silenced = filters.BooleanFilter("silenced_until_at", lookup_expr="isnull", exclude=True)
    search = Search("title")
    started_after, started_before = after("started_at"), before("started_at")
    first_seen_after, first_seen_before = after("first_seen_at"), before("first_seen_at")
    last_seen_after, last_seen_before = after("last_seen_at"), before("last_seen_at")
    resolved_after, resolved_before = after("resolved_at"), before("resolved_at")

    class Meta:
        model = Alert
        fields: list[str] = []

    def in_state(self, rows: QuerySet[Alert], _name: str, state: str) -> QuerySet[Alert]:
        return rows.filter(resolved_at__isnull=state == "open")


class AlertViewSet(Reading[Alert]):
    """Alerts, deduplicated by their key while they last."""

    queryset = Alert.objects.select_related("severity", "service", "integration", "incident")
    serializer_class = AlertSerializer
    filterset_class = AlertFilter

    def get_queryset(self) -> QuerySet[Alert]:
        rows: Any = super().get_queryset()
        return rows.visible_to(self.request.user)  # type: ignore[no-any-return]
