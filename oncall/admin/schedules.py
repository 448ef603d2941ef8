"""Schedules with their layers and members, and the screen that shows who is on call."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from oncall.admin.base import RosterAdmin, StackedInline, TabularInline, action, link
from oncall.admin.forms import SpanForm, zones
from oncall.admin.roster import SHOWN, WIDE, fortnight
from oncall.models import DeclaredGap, Layer, LayerMember, Schedule


class ZoneForm(forms.ModelForm):  # type: ignore[type-arg]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones(self)


class Members(TabularInline):
    """Turns are taken in this order; people with one number take the turn together."""

    model = LayerMember
    extra = 0
    fields = ["position", "user"]
    autocomplete_fields = ["user"]
    verbose_name_plural = _("Members, in the order of their turns")
    hide_title = True


class Layers(StackedInline):
    model = Layer
    form = ZoneForm
    extra = 0
    inlines = [Members]
    fields = [("name", "position"), ("unit", "length"), "start_at", "until_at", "timezone"]


class DeclaredGaps(TabularInline):
    """Hours in which nobody is needed."""

    model = DeclaredGap
    form = SpanForm
    extra = 0
    hide_title = True
    fields = ["starts_at", "ends_at", "reason"]


@admin.register(Schedule)
class Schedules(RosterAdmin):
    """Who is on call for a team, layer by layer. A click leads to the roster; editing is one button further."""

    form = ZoneForm
    list_display = ["name", "roster_link", "team", "timezone", "layer_names"]
    list_select_related = ["team"]
    list_filter = [("team", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["name", "slug"]
    search_help_text = _("Name of the schedule")
    autocomplete_fields = ["team"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [Layers, DeclaredGaps]
    actions_detail = ["to_roster"]
    fieldsets = [
        (None, {"fields": [("name", "slug"), ("team", "timezone")]}),
        (
            _("Rest"),
            {"fields": [("rest_max_consecutive_days", "rest_min_gap_days")], "classes": ["collapse"]},
        ),
        (_("Handoffs"), {"fields": ["handoff_notices"], "classes": ["collapse"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Schedule]":
        rows: QuerySet[Schedule] = super().get_queryset(request)
        return rows.prefetch_related(Prefetch("layers", queryset=Layer.objects.order_by("position", "id")))

    @admin.display(description=_("on call"))
    def roster_link(self, row: Schedule) -> str:
        return link(reverse("admin:oncall_schedule_roster", args=[row.pk]), _("Who is on call"))

    @admin.display(description=_("layers"))
    def layer_names(self, row: Schedule) -> str:
        return ", ".join(layer.name for layer in row.layers.all()) or "—"

    def schedules_touched(self, request: HttpRequest, rows: Iterable[Any]) -> set[int]:
        return {row.pk for row in rows}

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.roster_view)
        urls: list[URLPattern] = super().get_urls()
        return [path("<int:pk>/roster/", view, name="oncall_schedule_roster"), *urls]

    @action(description=_("Who is on call"), url_path="who", icon="calendar_month")  # type: ignore[untyped-decorator]
    def to_roster(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:oncall_schedule_roster", args=[object_id]))

    def roster_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Who has duty now, and the next fortnight as text and as a bar."""
        schedule = get_object_or_404(Schedule.objects.select_related("team"), pk=pk)
        if not self.has_view_permission(request, schedule):
            raise PermissionDenied
        now = timezone.now()
        days = [(day, round(day / SHOWN.days * WIDE)) for day in range(1, SHOWN.days)]
        context = {
            "opts": self.opts,
            "object": schedule,
            "schedule": schedule,
            "layers": fortnight(schedule, now),
            "now": now,
            "end": now + SHOWN,
            "days": days,
            "may_change": self.has_change_permission(request, schedule),
            "may_cover": request.user.has_perm("oncall.add_override"),
        }
        return self.screen(request, "admin/oncall/roster.html", str(schedule), context)


@admin.register(Layer)
class LayerPages(RosterAdmin):
    """A layer by itself; reached from its schedule."""

    form = ZoneForm
    list_display = ["name", "schedule", "unit", "length"]
    list_select_related = ["schedule"]
    search_fields = ["name", "schedule__name"]
    autocomplete_fields = ["schedule"]
    inlines = [Members]
    ordering = ["schedule__name", "position"]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def schedules_touched(self, request: HttpRequest, rows: Iterable[Any]) -> set[int]:
        return {row.schedule_id for row in rows}

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["schedule"]
