"""/postmortems/: list, look, write, and the verbs, which are thin doors to drafting and publishing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import mixins, permissions, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.models import Incident
from oncall.api.base.cursor import OldestFirst
from oncall.api.base.filters import Word, after, before, filters
from oncall.api.base.rights import ModelRights, SignedIn, person
from oncall.api.base.serializers import Strict
from oncall.api.base.views import NAME
from oncall.models import User
from postmortems import drafting, library, publishing, rights
from postmortems.api import shapes
from postmortems.api.doors import body, done
from postmortems.api.exchange import Exchange
from postmortems.models import Postmortem
from postmortems.models.postmortems import PostmortemQuerySet

ROWS: QuerySet[Postmortem] = Postmortem.objects.select_related(
    "incident", "service", "owner", "severity", "assessed", "cause_waiver_signer"
)
WHOLE = ROWS.prefetch_related(
    *("authors__person", "timeline", "whys", "factors__waiver_signer", "attendees__person", "gaps", "tags"),
    "comments__by",
)
FINDINGS = inline_serializer(
    "Readiness",
    {
        "findings": inline_serializer(
            "Finding",
            {name: serializers.CharField() for name in ("rule", "group", "message", "where")},
            many=True,
        )
    },
)
Verb = Callable[..., Postmortem]


class PostmortemFilter(filters.FilterSet):
    number = Word()
    incident = Word("incident__number")
    state = filters.MultipleChoiceFilter(choices=Postmortem.State.choices)
    kind = filters.ChoiceFilter(choices=Postmortem.Kind.choices)
    severity = Word("severity__level")
    service = Word("service__slug")
    team = Word("service__team__slug")
    owner = Word("owner__username")
    factor_class = Word(method="with_factor", label="A class of one of its factors.")
    tag = Word(method="tagged", label="One of its tags.")
    search = Word(method="sought", label="Words of its title or texts, its tags, its number; all of them.")
    created_after, created_before = after("created_at"), before("created_at")
    published_after, published_before = after("published_at"), before("published_at")
    review_due_after, review_due_before = after("review_due_at"), before("review_due_at")
    publish_due_after, publish_due_before = after("publish_due_at"), before("publish_due_at")

    class Meta:
        model = Postmortem
        fields: list[str] = []

    def with_factor(self, rows: PostmortemQuerySet, _name: str, word: str) -> PostmortemQuerySet:
        return library.with_factor(rows, word)

    def tagged(self, rows: PostmortemQuerySet, _name: str, word: str) -> PostmortemQuerySet:
        return library.tagged(rows, word)

    def sought(self, rows: PostmortemQuerySet, _name: str, words: str) -> PostmortemQuerySet:
        return library.sought(rows, words)


class PostmortemViewSet(
    Exchange, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Postmortem]
):
    """Postmortems, by number. One of a private incident is there only for those on it."""

    queryset = ROWS
    serializer_class = shapes.BriefSerializer
    filterset_class = PostmortemFilter
    lookup_field = "number"
    lookup_value_regex = NAME

    def get_queryset(self) -> QuerySet[Postmortem]:
        rows: Any = ROWS if self.action == "list" else WHOLE
        return rows.visible_to(self.request.user)  # type: ignore[no-any-return]

    def get_serializer_class(self) -> Any:
        return shapes.BriefSerializer if self.action == "list" else shapes.PostmortemSerializer

    def get_permissions(self) -> list[permissions.BasePermission]:
        """Owners write without any group: the verbs judge who does what."""
        return [ModelRights()] if self.request.method in permissions.SAFE_METHODS else [SignedIn()]

    @extend_schema(request=shapes.StartBody, responses={201: shapes.PostmortemSerializer})
    def create(self, request: Request) -> Response:
        """Draft one for an incident whose severity asks for none."""
        by = person(request)
        if not by.has_perm(rights.ADD):
            self.permission_denied(request)
        number = body(shapes.StartBody, request)["incident"]
        incident = Incident.objects.visible_to(by).filter(number=number).first()
        if incident is None:
            raise serializers.ValidationError({"incident": _("There is no %s.") % number})
        made = done(lambda now: drafting.start(incident, by, now))
        location = request.build_absolute_uri(f"{request.path}{made.number}/")
        return Response(_said(made), status=status.HTTP_201_CREATED, headers={"Location": location})

    @extend_schema(request=shapes.EditBody, responses=shapes.PostmortemSerializer)
    def partial_update(self, request: Request, number: str) -> Response:
        """Change texts, values and lists of what was read as `version`; 409 where somebody saved meanwhile."""
        found, by = self._judged(request, rights.WRITE, owner=True)
        if "version" not in request.data:
            raise serializers.ValidationError({"version": _("Say which version you read.")})
        given = body(shapes.EditBody, request, partial=True)
        version, lists = given.pop("version"), {name: given.pop(name) for name in shapes.LISTS if name in given}

        @transaction.atomic
        def write(now: datetime) -> Postmortem:
            fresh = drafting.edit(found, version, given, by, now)
            for name, rows in lists.items():
                fresh = drafting.put(fresh, fresh.version, name, rows, by, now)
            return fresh

        return Response(_said(done(write)))

    @extend_schema(responses=FINDINGS, filters=False)
    @action(detail=True, filterset_class=None)
    def readiness(self, request: Request, number: str) -> Response:
        """What is missing before it can be published."""
        findings = [
            {
                "rule": found.rule,
                "group": found.group,
                "message": _(found.message.message) % dict(found.message.values),
                "where": found.where,
            }
            for found in publishing.missing(self.get_object())
        ]
        return Response({"findings": findings})

    @extend_schema(responses=shapes.EventSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None, pagination_class=OldestFirst)
    def events(self, request: Request, number: str) -> Response:
        """What was done with it, in order."""
        found: Any = self.get_object().events.select_related("actor")
        page: Any = self.paginate_queryset(found)
        return self.get_paginated_response(shapes.EventSerializer(page, many=True).data)

    @extend_schema(request=shapes.OwnerBody, responses=shapes.PostmortemSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def assign(self, request: Request, number: str) -> Response:
        """Make somebody its owner."""
        return self._verb(request, shapes.OwnerBody, drafting.assign, rights.WRITE, owner=True)

    @extend_schema(request=shapes.TextBody, responses=shapes.PostmortemSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def comment(self, request: Request, number: str) -> Response:
        """Say something below it."""
        found, by = self._judged(request, rights.COMMENT, owner=True)
        text = body(shapes.TextBody, request)["text"]
        done(lambda now: drafting.comment(found, text, by, now))
        return Response(_said(found))

    @extend_schema(request=shapes.Nothing, responses=shapes.PostmortemSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def start_review(self, request: Request, number: str) -> Response:
        """From draft to in review."""
        return self._verb(request, shapes.Nothing, publishing.start_review, rights.WRITE, owner=True)

    @extend_schema(request=shapes.AtBody, responses=shapes.PostmortemSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def schedule_review(self, request: Request, number: str) -> Response:
        """Put the review meeting at an instant, or move it there; who is proposed is invited by mail."""
        found, by = self._judged(request, rights.WRITE, owner=True)
        given = body(shapes.AtBody, request)
        at = given.pop("at")
        return Response(_said(done(lambda now: publishing.schedule_review(found, at, by, now, **given))))

    @extend_schema(request=shapes.Nothing, responses=shapes.PostmortemSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def invite(self, request: Request, number: str) -> Response:
        """Invite who was proposed since the meeting was scheduled."""
        return self._verb(request, shapes.Nothing, publishing.invite, rights.WRITE, owner=True)

    @extend_schema(request=shapes.GivenReason, responses=shapes.PostmortemSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def cancel_review(self, request: Request, number: str) -> Response:
        """The meeting will not be."""
        return self._verb(request, shapes.GivenReason, publishing.cancel_review, rights.WRITE, owner=True)

    @extend_schema(request=shapes.HeldBody, responses=shapes.PostmortemSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def hold_review(self, request: Request, number: str) -> Response:
        """The review was held; who was there."""
        found, by = self._judged(request, rights.WRITE, owner=True)
        given = body(shapes.HeldBody, request)
        attended = {
            int(key): was for key, was in given.get("attended", {}).items() if key.isdecimal() and len(key) < 19
        }
        held_at = given.get("held_at")
        return Response(_said(done(lambda now: publishing.hold_review(found, held_at or now, attended, by, now))))

    @extend_schema(request=shapes.WaiverBody, responses=shapes.PostmortemSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def waive(self, request: Request, number: str) -> Response:
        """Sign that nothing is done about a factor, or about the root cause."""
        found, by = self._judged(request, rights.PUBLISH)
        given = body(shapes.WaiverBody, request)
        key = given.get("factor")
        factor = found.factors.filter(pk=key).first() if key else None
        if key and factor is None:
            raise serializers.ValidationError({"factor": _("There is no such factor.")})
        return Response(_said(done(lambda now: publishing.waive(found, factor, given["reason"], by, now))))

    @extend_schema(request=shapes.Nothing, responses=shapes.PostmortemSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def publish(self, request: Request, number: str) -> Response:
        """Show it to everybody. 409 names what is missing."""
        return self._verb(request, shapes.Nothing, publishing.publish, rights.PUBLISH, owner=True)

    @extend_schema(request=shapes.GivenReason, responses=shapes.PostmortemSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def reopen(self, request: Request, number: str) -> Response:
        """Back to review."""
        return self._verb(request, shapes.GivenReason, publishing.reopen, rights.PUBLISH, owner=True)

    def _verb(
        self, request: Request, shape: type[Strict], verb: Verb, *permissions: str, owner: bool = False
    ) -> Response:
        """Look it up, judge the person, read the body, do it: nobody learns what they may not."""
        found, by = self._judged(request, *permissions, owner=owner)
        values = body(shape, request).values()
        return Response(_said(done(lambda now: verb(found, *values, by, now))))

    def _judged(self, request: Request, *permissions: str, owner: bool = False) -> tuple[Postmortem, User]:
        found, by = self.get_object(), person(request)
        rights.check(found, by, *permissions, owner=owner)
        return found, by


def _said(postmortem: Postmortem) -> Any:
    return shapes.PostmortemSerializer(WHOLE.get(pk=postmortem.pk)).data
