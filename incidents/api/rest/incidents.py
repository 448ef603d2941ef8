"""/incidents/: list, look, declare. The verbs stand in their own file."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django_filters.constants import EMPTY_VALUES
from rest_framework import serializers

from incidents.models import Alert, Incident, Responder, RoleAssignment, Service, Severity, TimelineEntry
from oncall.api.base.filters import Search, Word, after, before, filters
from oncall.api.base.instants import Instant
from oncall.api.base.serializers import Named, Rows, Strict
from oncall.models import User
from oncall.paging import Outcome

ROWS: QuerySet[Incident] = Incident.objects.select_related(
    "service", "severity", "acknowledged_by", "declared_by", "merged_into", "previous"
).prefetch_related(
    "services",
    Prefetch("roles", RoleAssignment.objects.select_related("person")),
    Prefetch("responders", Responder.objects.select_related("person")),
)


class RoleSerializer(Rows[RoleAssignment]):
    """Who had a role from when to when; `to` null: still."""

    person = serializers.SlugRelatedField[User](slug_field="username", read_only=True)

    class Meta:
        model = RoleAssignment
        fields = ["role", "person"]

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            **super().get_fields(),
            "from": Instant(source="starts_at"),
            "to": Instant(source="ends_at", allow_null=True),
        }


class IncidentSerializer(Rows[Incident]):
    """An incident as it is. It changes through its verbs only."""

    service = serializers.SlugRelatedField[Service](slug_field="slug", read_only=True)
    services = serializers.SlugRelatedField[Service](slug_field="slug", read_only=True, many=True)
    severity = serializers.SlugRelatedField[Severity](slug_field="level", read_only=True)
    roles = RoleSerializer(many=True, read_only=True)
    responders = serializers.SerializerMethodField(help_text="Usernames.")
    acknowledged_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    declared_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    merged_into = serializers.SlugRelatedField[Incident](slug_field="number", read_only=True)
    previous = serializers.SlugRelatedField[Incident](slug_field="number", read_only=True)

    class Meta:
        model = Incident
        fields = [
            *("number", "title", "state", "severity", "service", "services", "private", "roles", "responders"),
            *("started_at", "detected_at", "opened_at", "declared_at", "acknowledged_at", "mitigated_at"),
            *("resolved_at", "closed_at", "response_due_at", "acknowledged_by", "declared_by", "detection"),
            *("mitigation", "false_alarm", "reopen_count", "alert_count", "merged_into", "previous", "lesson"),
        ]
        read_only_fields = fields

    def get_responders(self, incident: Incident) -> list[str]:
        return [responder.person.username for responder in incident.responders.all()]


class AnswerSerializer(IncidentSerializer):
    """The incident, and what taking or ending it did to its messages."""

    messages_stopped = serializers.SerializerMethodField()
    in_flight = serializers.SerializerMethodField(
        help_text="Whose message a provider had in hand already: too late to stop."
    )

    class Meta(IncidentSerializer.Meta):
        fields = [*IncidentSerializer.Meta.fields, "messages_stopped", "in_flight"]
        read_only_fields = fields

    def get_messages_stopped(self, incident: Incident) -> int:
        return self._outcome.cancelled

    def get_in_flight(self, incident: Incident) -> list[str]:
        return list(self._outcome.in_flight_to)

    @property
    def _outcome(self) -> Outcome:
        outcome: Outcome = self.context["outcome"]
        return outcome


class DeclareSerializer(Strict):
    """What declaring takes: a title and a service are enough."""

    title = serializers.CharField(max_length=1024)
    service = Named(slug_field="slug", queryset=Service.objects.select_related("default_severity", "team"))
    severity = Named(slug_field="level", queryset=Severity.objects.all(), required=False, allow_null=True)
    private = serializers.BooleanField(default=False)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True, default="")


class EntrySerializer(Rows[TimelineEntry]):
    """`actor` is the username of the person who did it, null for senders and the engine."""

    actor = serializers.SlugRelatedField[User](slug_field="username", read_only=True)

    class Meta:
        model = TimelineEntry
        fields = ["at", "kind", "actor", "actor_name", "source", "text", "recorded_at"]
        read_only_fields = fields


class Levels(filters.BaseInFilter, Word):
    """One word, or several by commas."""


class IncidentFilter(filters.FilterSet):
    number = Word()
    state = filters.MultipleChoiceFilter(choices=Incident.State.choices)
    open = filters.BooleanFilter(method="is_open", label="Triggered, acknowledged or mitigated.")
    severity = Levels("severity__level", lookup_expr="in")
    service = Word(method="of_service", label="A service it is about, by slug.")
    team = Word("service__team__slug")
    person = Word(method="of_person", label="Somebody with a role in it, or who responded, by username.")
    dedup_key = Word(method="of_key", label="The dedup key of one of its alerts.")
    detection = filters.ChoiceFilter(choices=Incident.Detection.choices)
    private = filters.BooleanFilter()
    false_alarm = filters.BooleanFilter()
    search = Search("title")
    started_after, started_before = after("started_at"), before("started_at")
    opened_after, opened_before = after("opened_at"), before("opened_at")
    declared_after, declared_before = after("declared_at"), before("declared_at")
    acknowledged_after, acknowledged_before = after("acknowledged_at"), before("acknowledged_at")
    resolved_after, resolved_before = after("resolved_at"), before("resolved_at")
    closed_after, closed_before = after("closed_at"), before("closed_at")

    class Meta:
        model = Incident
        fields: list[str] = []

    def is_open(self, rows: QuerySet[Incident], _name: str, value: bool | None) -> QuerySet[Incident]:
        if value in EMPTY_VALUES:
            return rows
        return rows.filter(state__in=Incident.OPEN_STATES) if value else rows.exclude(state__in=Incident.OPEN_STATES)

    def of_service(self, rows: QuerySet[Incident], _name: str, slug: str) -> QuerySet[Incident]:
        about = Incident.services.through.objects.filter(service__slug=slug).values("incident")
        return rows.filter(pk__in=about)

    def of_person(self, rows: QuerySet[Incident], _name: str, username: str) -> QuerySet[Incident]:
        responded = Responder.objects.filter(person__username=username).values("incident")
        held = RoleAssignment.objects.filter(person__username=username).values("incident")
        return rows.filter(pk__in=responded) | rows.filter(pk__in=held)

    def of_key(self, rows: QuerySet[Incident], _name: str, key: str) -> QuerySet[Incident]:
        return rows.filter(pk__in=Alert.objects.filter(dedup_key=key, incident__isnull=False).values("incident"))
