"""/action-items/: list, look, add, change, and the verbs, which are thin doors to `actions`."""

from collections.abc import Callable
from typing import Any

from django.db.models import BooleanField, Case, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters.constants import EMPTY_VALUES
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, permissions, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from oncall.api.base.filters import Search, Word, after, before, filters
from oncall.api.base.rights import ModelRights, SignedIn, person
from oncall.api.base.serializers import Strict
from oncall.api.base.views import NUMBER
from oncall.models import User
from postmortems import actions, rights
from postmortems.api import shapes
from postmortems.api.doors import body, done
from postmortems.models import ActionItem, Postmortem

Verb = Callable[..., ActionItem]


def rows() -> QuerySet[ActionItem]:
    """Action items with what the API tells of each; `overdue` as of today in UTC."""
    late = Q(status__in=ActionItem.UNFINISHED, due_on__lt=timezone.now().date())
    found = ActionItem.objects.select_related("postmortem__incident", "owner", "approver")
    return found.prefetch_related("moves__by", "factors").annotate(
        overdue=Case(When(late, then=Value(True)), default=Value(False), output_field=BooleanField())
    )


class ActionFilter(filters.FilterSet):
    postmortem = Word("postmortem__number")
    incident = Word("postmortem__incident__number")
    owner = Word("owner__username")
    team = Word("postmortem__service__team__slug")
    service = Word("postmortem__service__slug")
    status = filters.MultipleChoiceFilter(choices=ActionItem.Status.choices)
    priority = filters.MultipleChoiceFilter(choices=ActionItem.Priority.choices)
    kind = filters.ChoiceFilter(choices=ActionItem.Kind.choices)
    open = filters.BooleanFilter(method="is_open", label="Neither done nor given up.")
    overdue = filters.BooleanFilter()
    due_after = filters.DateFilter("due_on", lookup_expr="gte")
    due_before = filters.DateFilter("due_on", lookup_expr="lt")
    created_after, created_before = after("created_at"), before("created_at")
    finished_after, finished_before = after("finished_at"), before("finished_at")
    search = Search("description")

    class Meta:
        model = ActionItem
        fields: list[str] = []

    def is_open(self, found: QuerySet[ActionItem], _name: str, value: bool | None) -> QuerySet[ActionItem]:
        if value in EMPTY_VALUES:
            return found
        unfinished = Q(status__in=ActionItem.UNFINISHED)
        return found.filter(unfinished if value else ~unfinished)


class ActionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[ActionItem]):
    """Action items. One of a private incident is there only for those on it."""

    queryset = ActionItem.objects.all()
    serializer_class = shapes.ActionSerializer
    filterset_class = ActionFilter
    lookup_value_regex = NUMBER

    def get_queryset(self) -> QuerySet[ActionItem]:
        return rows().visible_to(self.request.user)  # type: ignore[attr-defined,no-any-return]

    def get_permissions(self) -> list[permissions.BasePermission]:
        """Owners work on theirs without any group: the verbs judge who does what."""
        return [ModelRights()] if self.request.method in permissions.SAFE_METHODS else [SignedIn()]

    @extend_schema(request=shapes.NewActionBody, responses={201: shapes.ActionSerializer})
    def create(self, request: Request) -> Response:
        """Add one to a postmortem."""
        by = person(request)
        number = str(request.data.get("postmortem", ""))[:20] if isinstance(request.data, dict) else ""
        found = Postmortem.objects.visible_to(by).filter(number=number.replace("\x00", "")).first()
        if not by.has_perm(rights.ADD_ACTION) and (found is None or found.owner_id != by.pk):
            self.permission_denied(request)
        given = body(shapes.NewActionBody, request)
        if found is None:
            raise serializers.ValidationError({"postmortem": _("There is no %s.") % number})
        given.pop("postmortem")
        made = done(lambda now: actions.add(found, given, by, now))
        location = request.build_absolute_uri(f"{request.path}{made.pk}/")
        return Response(_said(made), status=status.HTTP_201_CREATED, headers={"Location": location})

    @extend_schema(request=shapes.ActionBody, responses=shapes.ActionSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what it says; date, owner and status have verbs of their own."""
        found, by = self._judged(request)
        given = body(shapes.ActionBody, request, partial=True)
        return Response(_said(done(lambda now: actions.edit(found, given, by, now))))

    @extend_schema(request=shapes.Nothing, responses=shapes.ActionSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def begin(self, request: Request, pk: str) -> Response:
        """Somebody works on it."""
        return self._verb(request, shapes.Nothing, actions.begin)

    @extend_schema(request=shapes.GivenReason, responses=shapes.ActionSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def block(self, request: Request, pk: str) -> Response:
        """It waits for something."""
        return self._verb(request, shapes.GivenReason, actions.block)

    @extend_schema(request=shapes.EvidenceBody, responses=shapes.ActionSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def finish(self, request: Request, pk: str) -> Response:
        """It is done, and how one can see that."""
        return self._verb(request, shapes.EvidenceBody, actions.finish)

    @extend_schema(request=shapes.GivenReason, responses=shapes.ActionSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def decline(self, request: Request, pk: str) -> Response:
        """It won't be done; whoever says so approves it."""
        return self._verb(request, shapes.GivenReason, actions.decline, rights.APPROVE)

    @extend_schema(request=shapes.GivenReason, responses=shapes.ActionSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def reopen(self, request: Request, pk: str) -> Response:
        """It is open again."""
        return self._verb(request, shapes.GivenReason, actions.reopen)

    @extend_schema(request=shapes.DueMoveBody, responses=shapes.ActionSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def move(self, request: Request, pk: str) -> Response:
        """Give it another due date, with a reason."""
        found, by = self._judged(request)
        given = body(shapes.DueMoveBody, request)
        return Response(_said(done(lambda now: actions.move(found, given["to_on"], given["reason"], by, now))))

    @extend_schema(request=shapes.HandoverBody, responses=shapes.ActionSerializer)
    @action(detail=True, methods=["post"], filterset_class=None)
    def assign(self, request: Request, pk: str) -> Response:
        """Give it to somebody."""
        found, by = self._judged(request)
        given = body(shapes.HandoverBody, request)
        return Response(_said(done(lambda now: actions.assign(found, given["owner"], given["reason"], by, now))))

    def _verb(self, request: Request, shape: type[Strict], verb: Verb, *permissions: str) -> Response:
        found, by = self._judged(request, *permissions)
        values = body(shape, request).values()
        return Response(_said(done(lambda now: verb(found, *values, by, now))))

    def _judged(self, request: Request, *permissions: str) -> tuple[ActionItem, User]:
        found, by = self.get_object(), person(request)
        rights.check_action(found, by, *permissions)
        return found, by


def _said(made: ActionItem) -> Any:
    return shapes.ActionSerializer(rows().get(pk=made.pk)).data
