"""What can be done to an incident through the API: thin doors to the lifecycle, which holds the rules."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, permissions, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import lifecycle
from incidents.api.rest.incidents import (
    ROWS,
    AnswerSerializer,
    DeclareSerializer,
    EntrySerializer,
    IncidentFilter,
    IncidentSerializer,
)
from incidents.lifecycle import rights
from incidents.models import Incident, RoleAssignment, Severity
from oncall.api.base.cursor import OldestFirst
from oncall.api.base.instants import Instant
from oncall.api.base.refusals import Conflict
from oncall.api.base.rights import ModelRights, SignedIn, person
from oncall.api.base.serializers import Named, Strict
from oncall.api.base.views import NAME
from oncall.models import User
from oncall.paging import Actor, Outcome

Done = TypeVar("Done")
Answer = Callable[..., tuple[Incident, Outcome]]


class Nothing(Strict):
    """A verb without arguments."""


class SeverityBody(Strict):
    level = Named(slug_field="level", queryset=Severity.objects.all())
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class RoleBody(Strict):
    role = serializers.ChoiceField(choices=[*RoleAssignment.Role.choices, ("technical_lead", "operations lead")])
    person = Named(slug_field="username", queryset=User.objects.all(), allow_null=True, help_text="Null: nobody.")


class NoteBody(Strict):
    text = serializers.CharField(max_length=10_000)
    at = Instant(required=False, allow_null=True, help_text="When it happened, if not now.")


class PageBody(Strict):
    person = Named(slug_field="username", queryset=User.objects.all())


class MitigateBody(Strict):
    kind = serializers.ChoiceField(choices=Incident.Mitigation.choices, required=False, allow_blank=True, default="")


class ReasonBody(Strict):
    reason = serializers.CharField(max_length=500)


class ResolveBody(Strict):
    lesson = serializers.CharField(
        max_length=500, required=False, allow_blank=True, default="", help_text="What was learned, in one sentence."
    )


class MergeBody(Strict):
    into = serializers.CharField(max_length=20, help_text="The number of the incident that stays.")


class IncidentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Incident]):
    """Incidents, by number. A private one is there only for those on it."""

    queryset = ROWS
    serializer_class = IncidentSerializer
    filterset_class = IncidentFilter
    lookup_field = "number"
    lookup_value_regex = NAME

    def get_queryset(self) -> QuerySet[Incident]:
        return super().get_queryset().visible_to(self.request.user)  # type: ignore[attr-defined,no-any-return]

    def get_permissions(self) -> list[permissions.BasePermission]:
        """Whoever was paged may answer without any group: the lifecycle judges who does what."""
        return [ModelRights()] if self.request.method in permissions.SAFE_METHODS else [SignedIn()]

    @extend_schema(request=DeclareSerializer, responses={201: IncidentSerializer})
    def create(self, request: Request) -> Response:
        """Declare an incident; without a severity it gets the service's default."""
        by = _actor(request)
        rights.check_declare(by)
        given = _body(DeclareSerializer, request)
        made = _done(lambda now: lifecycle.declare(given.pop("title"), given.pop("service"), by, now, **given))
        location = request.build_absolute_uri(f"{request.path}{made.number}/")
        return Response(self._said(made), status=status.HTTP_201_CREATED, headers={"Location": location})

    @extend_schema(request=Nothing, responses=AnswerSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def acknowledge(self, request: Request, number: str) -> Response:
        """Take it: every message not yet sent stops. `in_flight` names who may still be reached by one."""
        return self._answer(request, lifecycle.acknowledge)

    @extend_schema(request=SeverityBody, responses=IncidentSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def severity(self, request: Request, number: str) -> Response:
        """Change the severity. A raise pages anew; a lowering needs a reason."""
        return self._verb(
            request, SeverityBody, lambda i, by, now, level, reason: lifecycle.set_severity(i, level, reason, by, now)
        )

    @extend_schema(request=RoleBody, responses=IncidentSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def role(self, request: Request, number: str) -> Response:
        """Give a role to a person from now on."""

        def assign(incident: Incident, by: Actor, now: datetime, role: str, person: User | None) -> Incident:
            return lifecycle.assign_role(incident, role, person, by, now)

        return self._verb(request, RoleBody, assign)

    @extend_schema(request=NoteBody, responses=IncidentSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def note(self, request: Request, number: str) -> Response:
        """Write a note on the timeline."""
        return self._verb(request, NoteBody, lambda i, by, now, text, at=None: lifecycle.note(i, text, by, now, at=at))

    @extend_schema(request=Nothing, responses=IncidentSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def escalate(self, request: Request, number: str) -> Response:
        """Run the next step now, also while acknowledged. Nothing left to run: 409."""
        return self._verb(request, Nothing, lifecycle.escalate)

    @extend_schema(request=PageBody, responses=IncidentSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def page(self, request: Request, number: str) -> Response:
        """Page one person until they answer themselves."""
        return self._verb(request, PageBody, lambda i, by, now, person: lifecycle.page(i, person, by, now))

    @extend_schema(request=MitigateBody, responses=IncidentSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def mitigate(self, request: Request, number: str) -> Response:
        """The impact is over, the cause may not be."""
        return self._verb(request, MitigateBody, lambda i, by, now, kind: lifecycle.mitigate(i, by, now, kind=kind))

    @extend_schema(request=ResolveBody, responses=AnswerSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def resolve(self, request: Request, number: str) -> Response:
        """It is over: everything that pages ends."""
        return self._answer(request, lifecycle.resolve, ResolveBody)

    @extend_schema(request=ReasonBody, responses=IncidentSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def reopen(self, request: Request, number: str) -> Response:
        """It is not over: triggered and paged again."""
        return self._verb(request, ReasonBody, lambda i, by, now, reason: lifecycle.reopen(i, reason, by, now))

    @extend_schema(request=MergeBody, responses=IncidentSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def merge(self, request: Request, number: str) -> Response:
        """Close it as a duplicate of another."""

        def merge(incident: Incident, by: Actor, now: datetime, into: str) -> Incident:
            target = self.get_queryset().filter(number=into).first()
            if target is None:
                raise serializers.ValidationError({"into": f"There is no {into}."})
            return lifecycle.merge(incident, target, by, now)

        return self._verb(request, MergeBody, merge)

    @extend_schema(request=ReasonBody, responses=IncidentSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def dismiss(self, request: Request, number: str) -> Response:
        """Close it as a false alarm."""
        return self._verb(request, ReasonBody, lambda i, by, now, reason: lifecycle.dismiss(i, reason, by, now))

    @extend_schema(request=Nothing, responses=IncidentSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def close(self, request: Request, number: str) -> Response:
        """Nothing is left to do."""
        return self._verb(request, Nothing, lifecycle.close)

    @extend_schema(responses=EntrySerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None, pagination_class=OldestFirst)
    def timeline(self, request: Request, number: str) -> Response:
        """What happened, in order."""
        entries: Any = self.get_object().timeline.select_related("actor")
        page: Any = self.paginate_queryset(entries)
        return self.get_paginated_response(EntrySerializer(page, many=True).data)

    def _verb(self, request: Request, body: type[Strict], verb: Callable[..., Incident]) -> Response:
        """Look it up, judge the person, read the body, do it: nobody learns what they may not."""
        incident, by, given = self._judged(request, body)
        return Response(self._said(_done(lambda now: verb(incident, by, now, **given))))

    def _answer(self, request: Request, verb: Answer, body: type[Strict] = Nothing) -> Response:
        """A verb that stops messages also says which it could not stop."""
        incident, by, given = self._judged(request, body)
        fresh, outcome = _done(lambda now: verb(incident, by, now, **given))
        return Response(AnswerSerializer(ROWS.get(pk=fresh.pk), context={"outcome": outcome}).data)

    def _judged(self, request: Request, body: type[Strict]) -> tuple[Incident, Actor, dict[str, Any]]:
        incident, by = self.get_object(), _actor(request)
        rights.check(incident, by, rights.RESPOND, rights.COMMAND, woken=True)
        return incident, by, _body(body, request)

    def _said(self, incident: Incident) -> Any:
        return IncidentSerializer(ROWS.get(pk=incident.pk)).data


def _actor(request: Request) -> Actor:
    user = person(request)
    return Actor(user, str(user), "api")


def _body(serializer: type[Strict], request: Request) -> dict[str, Any]:
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def _done(verb: Callable[[datetime], Done]) -> Done:
    """Raises Conflict or ValidationError where the lifecycle refuses."""
    try:
        return verb(timezone.now())
    except lifecycle.Refused as refused:
        if refused.conflict:
            raise Conflict(refused.message) from refused
        raise serializers.ValidationError({refused.field or "non_field_errors": refused.message}) from refused
