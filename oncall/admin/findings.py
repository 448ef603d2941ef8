"""What the audit found, and whether it still holds: written by the engine, looked at here."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from oncall.admin.base import LogAdmin, badge, when
from oncall.models import AuditFinding


class Standing(admin.SimpleListFilter):
    """Those that hold, or those that are over."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("holds", _("holds")), ("cleared", _("cleared"))]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[AuditFinding]") -> "QuerySet[AuditFinding]":
        if self.value() in ("holds", "cleared"):
            return queryset.filter(cleared_at__isnull=self.value() == "holds")
        return queryset


@admin.register(AuditFinding)
class Findings(LogAdmin):
    """Each opens an incident, which is resolved when it is cleared."""

    list_display = ["text", "standing", "kind", "found", "cleared"]
    list_filter = [Standing, "kind"]
    date_hierarchy = "found_at"
    search_fields = ["text"]
    search_help_text = _("Words of the finding")
    fields = ["text", "kind", "standing", "found", "seen", "cleared"]
    readonly_fields = ["standing", "found", "seen", "cleared"]

    found = when("found_at", _("found"))
    seen = when("seen_at", _("last seen"))
    cleared = when("cleared_at", _("cleared"))

    @admin.display(description=_("state"), ordering="cleared_at")
    def standing(self, row: AuditFinding) -> str:
        return badge(_("holds"), "bad") if row.cleared_at is None else badge(_("cleared"), "resolved")
