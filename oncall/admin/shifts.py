"""Shifts as they were: who was on call, also after the schedule changed."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from oncall.admin.base import LogAdmin, badge, when
from oncall.admin.words import lasting
from oncall.models import Shift


@admin.register(Shift)
class Shifts(LogAdmin):
    """Written when a shift begins."""

    list_display = ["username", "schedule_slug", "layer_name", "starts", "ends", "length", "how"]
    list_filter = [("schedule", admin.RelatedOnlyFieldListFilter), "override"]
    date_hierarchy = "starts_at"
    search_fields = ["username", "schedule_slug", "layer_name"]
    search_help_text = _("Username, schedule or layer")
    fields = ["username", "schedule_slug", "layer_name", "starts", "ends", "length", "how"]
    readonly_fields = ["starts", "ends", "length", "how"]

    starts = when("starts_at", _("from"))
    ends = when("ends_at", _("to"))

    @admin.display(description=_("length"))
    def length(self, row: Shift) -> str:
        return lasting(row.ends_at - row.starts_at)

    @admin.display(description=_("how"), ordering="override")
    def how(self, row: Shift) -> str:
        return badge(_("override"), "info") if row.override else badge(_("rotation"), "muted")
