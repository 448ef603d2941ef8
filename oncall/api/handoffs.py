"""/handoffs/: who passes duty to whom, and the two verbs of one's own part in it."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from oncall import handoffs
from oncall.api.base.filters import Word, after, before, filters
from oncall.api.base.instants import Instant
from oncall.api.base.rights import SignedIn, person
from oncall.api.base.serializers import Rows, Strict
from oncall.api.base.views import Reading
from oncall.models import Handoff, HandoffSide


class SideSerializer(serializers.Serializer[Any]):
    person = serializers.CharField(source="username")
    signed_at = Instant(allow_null=True)
    note = serializers.CharField()


class HandoffSerializer(Rows[Handoff]):
    schedule = serializers.CharField(source="schedule_slug")
    layer = serializers.CharField(source="layer_name")
    outgoing = serializers.SerializerMethodField()
    incoming = serializers.SerializerMethodField()

    class Meta:
        model = Handoff
        fields = ["id", "schedule", "layer", "at", "began_at", "withdrawn_at", "outgoing", "incoming"]

    @extend_schema_field(SideSerializer(many=True))
    def get_outgoing(self, row: Handoff) -> list[dict[str, Any]]:
        return _sides(row, HandoffSide.Side.OUTGOING)

    @extend_schema_field(SideSerializer(many=True))
    def get_incoming(self, row: Handoff) -> list[dict[str, Any]]:
        return _sides(row, HandoffSide.Side.INCOMING)


def _sides(row: Handoff, side: str) -> list[dict[str, Any]]:
    own = sorted((each for each in row.sides.all() if each.side == side), key=lambda each: each.username)
    return list(SideSerializer(own, many=True).data)


class NoteSerializer(Strict):
    """`note` replaces the one that is there; left out, it stays. Only those who hand over have one."""

    note = serializers.CharField(required=False, allow_blank=True, max_length=handoffs.MAX_NOTE)


class HandoffFilter(filters.FilterSet):
    schedule = Word("schedule_slug")
    layer = Word("layer_name")
    person = Word(method="of_person", label="Somebody on either side.")
    unsigned = filters.BooleanFilter(method="left_unsigned", label="Somebody has not signed; of the past two weeks.")
    withdrawn = filters.BooleanFilter(
        "withdrawn_at", "isnull", exclude=True, label="A change of the schedule undid it."
    )
    at_after = after("at")
    at_before = before("at")

    class Meta:
        model = Handoff
        fields: list[str] = []

    def of_person(self, rows: "QuerySet[Handoff]", _name: str, username: str) -> "QuerySet[Handoff]":
        return rows.filter(pk__in=HandoffSide.objects.filter(username=username).values("handoff"))

    def left_unsigned(self, rows: "QuerySet[Handoff]", _name: str, wanted: bool) -> "QuerySet[Handoff]":
        left = handoffs.unsigned(timezone.now()).order_by().values("handoff")
        return rows.filter(pk__in=left) if wanted else rows.exclude(pk__in=left)


class HandoffViewSet(Reading[Handoff]):
    """Handoffs, made ahead of time by the engine. One signs for oneself alone."""

    queryset = Handoff.objects.prefetch_related(Prefetch("sides", queryset=HandoffSide.objects.order_by("pk")))
    serializer_class = HandoffSerializer
    filterset_class = HandoffFilter

    @extend_schema(request=NoteSerializer, responses=HandoffSerializer, filters=False)
    @action(detail=True, methods=["post"], permission_classes=[SignedIn], filterset_class=None, pagination_class=None)
    def sign(self, request: Request, pk: str) -> Response:
        """I have handed over, or taken over: each of my parts in it."""
        sides, now = self._mine(request), timezone.now()
        note = _note(request)
        for side in sides:
            handoffs.sign(side.pk, note, now)
        return self._as_it_is()

    @extend_schema(request=NoteSerializer, responses=HandoffSerializer, filters=False)
    @action(detail=True, methods=["post"], permission_classes=[SignedIn], filterset_class=None, pagination_class=None)
    def note(self, request: Request, pk: str) -> Response:
        """Keep my note for who comes next, without signing."""
        sides, now = self._mine(request), timezone.now()
        note = _note(request)
        if note is None:
            raise ValidationError({"note": _("Write one.")})
        for side in sides:
            handoffs.write_note(side.pk, note, now)
        return self._as_it_is()

    def _mine(self, request: Request) -> list[HandoffSide]:
        """The parts of who asks in a handoff that stands. Raises Http404 where there are none."""
        row = self.get_object()
        mine = [side for side in row.sides.all() if side.person_id == person(request).pk]
        if not mine or row.withdrawn_at:
            raise Http404
        return mine

    def _as_it_is(self) -> Response:
        return Response(self.get_serializer(self.get_object()).data)


def _note(request: Request) -> str | None:
    body = NoteSerializer(data=request.data)
    body.is_valid(raise_exception=True)
    given: dict[str, Any] = body.validated_data
    return given.get("note")
