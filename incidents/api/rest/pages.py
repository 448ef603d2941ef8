"""/pages/ and /notifications/: whom we tried to reach, and what came of it."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.api.rest.subjects import attach, notifications_of, pages_of
from oncall.api.base.filters import Number, Search, Word, after, before, filters
from oncall.api.base.serializers import Rows
from oncall.api.base.views import Reading
from oncall.logic.addresses import masked
from oncall.models import Channel, ContactMethod, Notification, Page, StepRun, User


class OfIncidents(Reading[Any]):
    """Rows whose incident is looked up after they were read, one query for all."""

    def get_queryset(self) -> QuerySet[Any]:
        rows: Any = super().get_queryset()
        return rows.visible_to(self.request.user)  # type: ignore[no-any-return]

    def paginate_queryset(self, queryset: QuerySet[Any] | Sequence[Any]) -> Any:
        page = super().paginate_queryset(queryset)
        attach(page or [])
        return page

    def get_object(self) -> Any:
        row = super().get_object()
        attach([row])
        return row


class RunSerializer(Rows[StepRun]):
    """A step that was done: how many it reached, and whom it did not, with the reason. Step 0 is the fallback."""

    misses = serializers.ListField(child=serializers.DictField(child=serializers.CharField()), read_only=True)

    class Meta:
        model = StepRun
        fields = ["round", "step", "ran_at", "reached", "misses"]


class PageSerializer(Rows[Page]):
    """One run of an escalation policy; `step` and `round` are what runs next, at `due_at`."""

    incident = serializers.CharField(source="incident.number", read_only=True, allow_null=True, default=None)
    severity = serializers.CharField(source="severity_label", read_only=True)
    service = serializers.SerializerMethodField()
    policy = serializers.CharField(source="policy.name", read_only=True, allow_null=True, default=None)
    responder = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    acknowledged_by = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    runs = RunSerializer(many=True, read_only=True)

    class Meta:
        model = Page
        fields = [
            *("id", "incident", "title", "severity", "urgency", "service", "policy", "responder", "state", "private"),
            *("started_at", "opened_at", "step", "round", "due_at", "held_at", "hold_reason", "exhausted_at"),
            *("acknowledged_at", "acknowledged_by", "ended_at", "end_reason", "runs"),
        ]
        read_only_fields = fields

    def get_service(self, page: Any) -> str | None:
        return page.incident.service.slug if page.incident else page.service or None


class PageFilter(filters.FilterSet):
    state = filters.MultipleChoiceFilter(choices=Page.State.choices)
    incident = Word(method="of_incident", label="Its number.")
    severity = Word("severity_label")
    urgency = filters.ChoiceFilter(choices=Page.urgency.field.choices)
    person = Word(method="of_person", label="Somebody it was sent to, by username.")
    acknowledged_by = Word("acknowledged_by__username")
    search = Search("title")
    opened_after, opened_before = after("opened_at"), before("opened_at")
    acknowledged_after, acknowledged_before = after("acknowledged_at"), before("acknowledged_at")
    ended_after, ended_before = after("ended_at"), before("ended_at")

    class Meta:
        model = Page
        fields: list[str] = []

    def of_incident(self, rows: QuerySet[Page], _name: str, number: str) -> QuerySet[Page]:
        return rows.filter(pages_of(number, self.request.user))

    def of_person(self, rows: QuerySet[Page], _name: str, username: str) -> QuerySet[Page]:
        sent = Notification.objects.filter(person__username=username, page__isnull=False).values("page")
        return rows.filter(Q(pk__in=sent) | Q(responder__username=username))


class PageViewSet(OfIncidents):
    """Pages; those of private incidents only for their audience."""

    queryset = Page.objects.select_related("policy", "responder", "acknowledged_by").prefetch_related(
        Prefetch("runs", StepRun.objects.order_by("ran_at", "id"))
    )
    serializer_class = PageSerializer
    filterset_class = PageFilter


class NotificationSerializer(Rows[Notification]):
    """One message to one address. Its address is masked, its text and link are its reader's alone."""

    person = serializers.SlugRelatedField[User](slug_field="username", read_only=True)
    channel = serializers.SlugRelatedField[Channel](slug_field="slug", read_only=True)
    contact_method = serializers.SlugRelatedField[ContactMethod](slug_field="slug", read_only=True)
    address = serializers.SerializerMethodField(help_text="Masked.")
    incident = serializers.CharField(source="incident.number", read_only=True, allow_null=True, default=None)
    page = serializers.PrimaryKeyRelatedField[Page](read_only=True)
    step = serializers.SerializerMethodField(help_text="From 1; null for all but pages.")
    round = serializers.SerializerMethodField(help_text="From 1; null for all but pages.")

    class Meta:
        model = Notification
        fields = [
            *("id", "kind", "person", "channel", "contact_method", "transport", "address", "page", "incident"),
            *("step", "round", "urgency", "state", "reason", "attempts", "created_at", "due_at", "sent_at"),
        ]
        read_only_fields = fields

    def get_address(self, row: Notification) -> str:
        return masked(row.address.removeprefix("mailto:") if "://" not in row.address else row.address)

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_step(self, row: Notification) -> int | None:
        return row.step if row.kind == Notification.Kind.PAGE else None

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_round(self, row: Notification) -> int | None:
        return row.round if row.kind == Notification.Kind.PAGE else None


class NotificationFilter(filters.FilterSet):
    kind = filters.MultipleChoiceFilter(choices=Notification.Kind.choices)
    state = filters.MultipleChoiceFilter(choices=Notification.State.choices)
    person = Word("person__username")
    channel = Word("channel__slug")
    contact_method = Word("contact_method__slug")
    transport = Word()
    page = Number()
    incident = Word(method="of_incident", label="Its number.")
    step = Number(method="of_page_step")
    round = Number(method="of_page_step")
    urgency = filters.ChoiceFilter(choices=Notification.urgency.field.choices)
    created_after, created_before = after("created_at"), before("created_at")
    due_after, due_before = after("due_at"), before("due_at")
    sent_after, sent_before = after("sent_at"), before("sent_at")

    class Meta:
        model = Notification
        fields: list[str] = []

    def of_incident(self, rows: QuerySet[Notification], _name: str, number: str) -> QuerySet[Notification]:
        return rows.filter(notifications_of(number, self.request.user))

    def of_page_step(self, rows: QuerySet[Notification], name: str, value: int) -> QuerySet[Notification]:
        return rows.filter(**{name: value}, kind=Notification.Kind.PAGE)


class NotificationViewSet(OfIncidents):
    """Notifications: every message and its outcome."""

    queryset = Notification.objects.select_related("person", "channel", "contact_method", "page").defer("text")
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter
