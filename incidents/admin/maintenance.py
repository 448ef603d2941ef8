"""Planned work in the console."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from incidents.admin.shapes import state_badge
from incidents.models import Maintenance
from oncall.admin.base import ConfigurationAdmin, when


class WhenFilter(admin.SimpleListFilter):
    """Running now, planned, over."""

    title = _("when")
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("now", _("now or every week")), ("planned", _("planned")), ("over", _("over"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        if self.value() == "now":
            return queryset.filter(Q(starts_at__lte=now, ends_at__gt=now) | Q(weekly=True, starts_at__lte=now))
        if self.value() == "planned":
            return queryset.filter(starts_at__gt=now)
        if self.value() == "over":
            return queryset.filter(ends_at__lte=now, weekly=False)
        return queryset


@admin.register(Maintenance)
class MaintenanceAdmin(ConfigurationAdmin):
    list_display = ("service", "reason", "begins", "ends", "weekly", "standing")
    list_filter = (WhenFilter, "weekly", "service")
    list_select_related = ("service",)
    search_fields = ("reason", "service__name")
    fields = ("service", ("starts_at", "ends_at"), ("weekly", "repeat_until_at"), "reason")

    begins = when("starts_at", _("from"))
    ends = when("ends_at", _("to"))

    @admin.display(description=_("state"))
    def standing(self, window: Maintenance) -> str:
        now = timezone.now()
        if window.weekly:
            return state_badge("pending", str(_("every week")))
        if now < window.starts_at:
            return state_badge("pending", str(_("planned")))
        return state_badge("held", str(_("now"))) if now < window.ends_at else state_badge("closed", str(_("over")))

    def save_model(self, request: HttpRequest, obj: Maintenance, form: Any, change: bool) -> None:
        if not change and request.user.is_authenticated:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)
