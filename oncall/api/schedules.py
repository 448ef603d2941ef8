"""/schedules/: rotations, who is on call at an instant, and the shifts between two."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from oncall import paging, roster
from oncall.api.base.filters import Search, Word, filters
from oncall.api.base.instants import ADVICE, Instant, parse, written
from oncall.api.base.serializers import Named, Rows, SluggedName
from oncall.api.base.views import NAME, Configuration
from oncall.api.layers import MAX_LAYERS, GapSerializer, LayerSerializer, RestSerializer, replace_gaps, replace_layers
from oncall.engine import shifts
from oncall.logic.handoffs import LONGEST_NOTICE, MAX_NOTICES
from oncall.models import LayerMember, Schedule, Team
from oncall.models.fields import minutes_of, notices_text

LONGEST: Final = timedelta(days=400)


class Notices(serializers.ListField):
    """Minutes before each handoff, the longest first."""

    child = serializers.IntegerField(min_value=0, max_value=LONGEST_NOTICE)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_NOTICES, **kwargs)

    def to_representation(self, data: Any) -> list[int]:
        return minutes_of(data)


class ScheduleSerializer(SluggedName, Rows[Schedule]):
    team = Named(slug_field="slug", queryset=Team.objects.all(), required=False, allow_null=True)
    rest = RestSerializer(source="*", required=False)
    layers = LayerSerializer(many=True, required=False, max_length=MAX_LAYERS)  # type: ignore[call-arg]
    declared_gaps = GapSerializer(many=True, required=False, max_length=500)  # type: ignore[call-arg]
    handoff_notices = Notices(required=False)

    class Meta:
        model = Schedule
        fields = ["name", "slug", "team", "timezone", "rest", "layers", "declared_gaps", "handoff_notices"]
        extra_kwargs = {"slug": {"required": False}}

    def validate_layers(self, layers: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = [layer["name"] for layer in layers]
        if len(set(names)) < len(names):
            raise serializers.ValidationError(_("Two layers have one name."))
        return layers

    def validate_handoff_notices(self, minutes: list[int]) -> str:
        return notices_text(minutes)

    def create(self, validated_data: dict[str, Any]) -> Schedule:
        parts = {name: validated_data.pop(name, []) for name in ("layers", "declared_gaps")}
        schedule = Schedule.objects.create(**validated_data)
        replace_layers(schedule, parts["layers"])
        replace_gaps(schedule, parts["declared_gaps"])
        shifts.settle([schedule.pk], timezone.now())
        return schedule

    def update(self, instance: Schedule, validated_data: dict[str, Any]) -> Schedule:
        layers, gaps = (validated_data.pop(name, None) for name in ("layers", "declared_gaps"))
        with shifts.settled([instance.pk], timezone.now()):
            # The engine's columns move beside us: only what was given is written.
            for name, value in validated_data.items():
                setattr(instance, name, value)
            instance.save(update_fields=[*validated_data])
            if layers is not None:
                replace_layers(instance, layers)
            if gaps is not None:
                replace_gaps(instance, gaps)
        return instance


class OnCallLayer(serializers.Serializer[Any]):
    layer = serializers.CharField()
    people = serializers.ListField(child=serializers.CharField(), help_text="Usernames.")
    until = Instant(allow_null=True, help_text="Until when this holds; nobody there: when the next shift starts.")
    reachable = serializers.BooleanField(help_text="Somebody of them can be reached by a page.")


class OnCall(serializers.Serializer[Any]):
    at = Instant()
    layers = OnCallLayer(many=True)


class ShiftSerializer(serializers.Serializer[Any]):
    layer = serializers.CharField()
    person = serializers.CharField(source="username")
    start = Instant()
    end = Instant()
    override = serializers.BooleanField()
    recorded = serializers.BooleanField(help_text="History; else computed from the present configuration.")


class RosterGapSerializer(serializers.Serializer[Any]):
    layer = serializers.CharField()
    start = Instant()
    end = Instant()
    declared = serializers.BooleanField()


class Roster(serializers.Serializer[Any]):
    shifts = ShiftSerializer(many=True)
    gaps = RosterGapSerializer(many=True)


class ScheduleFilter(filters.FilterSet):
    slug = Word()
    team = Word("team__slug")
    search = Search("name")

    class Meta:
        model = Schedule
        fields: list[str] = []


def _instant(name: str, *, required: bool) -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.DATETIME, required=required, description=str(ADVICE))


class ScheduleViewSet(Configuration[Schedule]):
    """Schedules, by slug. A list given replaces the list; layers are found by name."""

    queryset = Schedule.objects.select_related("team").prefetch_related(
        "layers", Prefetch("layers__members", LayerMember.objects.select_related("user")), "declared_gaps"
    )
    serializer_class = ScheduleSerializer
    filterset_class = ScheduleFilter
    lookup_field = "slug"
    lookup_value_regex = NAME

    def perform_destroy(self, instance: Schedule) -> None:
        """Shifts that run now end now; those of the past stay."""
        with shifts.settled([instance.pk], timezone.now()):
            for layer in instance.layers.all():
                layer.delete()
        instance.delete()

    @extend_schema(parameters=[_instant("at", required=False)], responses=OnCall, filters=False)
    @action(detail=True, url_path="on-call", filterset_class=None, pagination_class=None)
    def on_call(self, request: Request, slug: str) -> Response:
        """Who is on call in each layer at an instant; without one: now."""
        schedule = self.get_object()
        at = _query(request, "at") if "at" in request.query_params else timezone.now()
        layers = roster.on_call(schedule, at)
        reached = paging.reachable(user.pk for layer in layers for user in layer.people)
        return Response(
            {
                "at": written(at),
                "layers": [
                    {
                        "layer": entry.layer.name,
                        "people": [user.username for user in entry.people],
                        "until": written(entry.until),
                        "reachable": any(user.pk in reached for user in entry.people),
                    }
                    for entry in layers
                ],
            }
        )

    @extend_schema(
        parameters=[_instant("from", required=True), _instant("to", required=True)], responses=Roster, filters=False
    )
    @action(detail=True, filterset_class=None, pagination_class=None)
    def shifts(self, request: Request, slug: str) -> Response:
        """Whole shifts that overlap [from, to), at most 400 days, one entry per person; and the gaps."""
        schedule = self.get_object()
        start, end = _query(request, "from"), _query(request, "to")
        if end <= start:
            raise serializers.ValidationError({"to": _("The end is not after the start.")})
        if end - start > LONGEST:
            raise serializers.ValidationError({"to": _("At most 400 days after the start.")})
        found = {"shifts": roster.shifts(schedule, start, end), "gaps": roster.gaps(schedule, start, end)}
        return Response(Roster(found).data)


def _query(request: Request, name: str) -> datetime:
    """An instant of the query. Raises ValidationError naming it."""
    try:
        return parse(request.query_params[name])
    except (KeyError, ValueError) as error:
        raise serializers.ValidationError({name: str(ADVICE)}) from error
