"""Overrides: somebody steps in for somebody, or stands beside, or leaves a hole."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from oncall.admin.base import RosterAdmin, badge, when
from oncall.admin.forms import SpanForm
from oncall.models import Override

COVER = timedelta(hours=3)


class OverrideForm(SpanForm):
    """Names somebody; its layer is one of the schedule."""

    def clean(self) -> dict[str, Any] | None:
        values = super().clean() or {}
        add, remove, layer = values.get("add"), values.get("remove"), values.get("layer")
        if not add and not remove:
            self.add_error("add", _t("Name who takes over, who is relieved, or both."))
        if add and add == remove:
            self.add_error("remove", _t("That is the same person."))
        if layer and values.get("schedule") and layer.schedule_id != values["schedule"].pk:
            self.add_error("layer", _t("This layer belongs to another schedule."))
        return values


@admin.register(Override)
class Overrides(RosterAdmin):
    """The add form is the quick way to cover: it begins as me, from now, for three hours."""

    form = OverrideForm
    list_display = ["schedule", "layer_name", "remove", "add", "starts", "ends", "state", "reason"]
    list_display_links = ["schedule", "starts"]
    list_select_related = ["schedule", "layer", "add", "remove"]
    list_filter = [("schedule", admin.RelatedOnlyFieldListFilter)]
    date_hierarchy = "starts_at"
    search_fields = ["schedule__name", "add__username", "add__name", "remove__username", "remove__name", "reason"]
    autocomplete_fields = ["schedule", "layer", "add", "remove"]
    fieldsets = [
        (None, {"fields": ["schedule", "layer", "add", "remove", "starts_at", "ends_at", "reason"]}),
    ]

    starts = when("starts_at", _("from"))
    ends = when("ends_at", _("to"))

    @admin.display(description=_("layer"), ordering="layer")
    def layer_name(self, row: Override) -> str:
        return row.layer.name if row.layer else _t("every layer of theirs")

    @admin.display(description=_("state"))
    def state(self, row: Override) -> str:
        now = timezone.now()
        if row.ends_at <= now:
            return badge(_t("over"), "ended")
        return badge(_t("now"), "ok") if row.starts_at <= now else badge(_t("planned"), "pending")

    def schedules_touched(self, request: HttpRequest, rows: Iterable[Any]) -> set[int]:
        """Those it was for, and the one that the form names."""
        posted = request.POST.get("schedule", "")
        named = {int(posted)} if posted.isascii() and posted.isdigit() else set()
        return {row.schedule_id for row in rows} | named

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """`?schedule=…&layer=…&remove=…` come from the roster's Cover buttons."""
        now = timezone.localtime().replace(second=0, microsecond=0)
        start = now - timedelta(minutes=now.minute % 5)
        mine = {"add": request.user.pk, "starts_at": start, "ends_at": start + COVER}
        return {**mine, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        if not change and isinstance(obj, Override):
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)
