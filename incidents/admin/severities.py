"""Severity profiles in the console."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from incidents.admin.shapes import severity_badge
from incidents.models import Severity
from oncall.admin.base import ConfigurationAdmin


@admin.register(Severity)
class SeverityAdmin(ConfigurationAdmin):
    list_display = ("shape", "name", "page", "response", "update_minutes", "commander", "postmortem")
    search_fields = ("level", "name", "description")
    ordering = ("rank",)
    fieldsets = (
        (None, {"fields": (("level", "rank"), "name", "description", "examples")}),
        (
            _("Paging"),
            {"fields": (("urgency", "page"), "required_layers", "aware", "ack_timeout_minutes")},
        ),
        (
            _("Response"),
            {
                "fields": (
                    ("response_minutes", "response_next_business_day"),
                    ("first_update_minutes", "update_minutes"),
                    ("commander", "staffing"),
                    ("room", "approval_minutes"),
                    "postmortem",
                    ("review_hours", "publish_business_days"),
                )
            },
        ),
    )

    @admin.display(description=_("level"), ordering="rank")
    def shape(self, severity: Severity) -> str:
        return severity_badge(severity)

    @admin.display(description=_("response within"))
    def response(self, severity: Severity) -> str:
        if severity.response_next_business_day:
            return str(_("next business day"))
        return f"{severity.response_minutes} min" if severity.response_minutes else "—"

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """A level that incidents carry cannot go; the shipped four are edited, not deleted."""
        return False
