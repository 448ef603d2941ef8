"""Alerts in the console: the senders' words, looked at and never edited."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from incidents.admin.incident.tracker import is_web
from incidents.admin.shapes import ago, severity_badge, state_badge
from incidents.models import Alert
from oncall.admin.base import LogAdmin, link, when


class OpenFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("open")), ("silenced", _("open and silenced")), ("resolved", _("resolved"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alert]) -> QuerySet[Alert]:
        if self.value() == "open":
            return queryset.filter(resolved_at=None)
        if self.value() == "silenced":
            return queryset.filter(resolved_at=None, silenced_until_at__isnull=False)
        if self.value() == "resolved":
            return queryset.filter(resolved_at__isnull=False)
        return queryset


@admin.register(Alert)
class AlertAdmin(LogAdmin):
    list_display = ("title", "shape", "standing", "service", "incident_link", "count", "seen")
    list_display_links = ("title",)
    list_filter = (OpenFilter, "severity", "service", "integration")
    linked_by = ("incident__id__exact",)  # "All alerts" on the page of an incident
    list_select_related = ("service", "severity", "incident", "integration__service")
    search_fields = ("title", "dedup_key", "source")
    search_help_text = _("Title, dedup key or source, in the newest 50,000")
    fieldsets = (
        (None, {"fields": ("title", ("shape", "standing"), ("service", "incident_link"), "integration", "dedup_key")}),
        (_("What the sender said"), {"fields": ("source", "label_table", "value_table", "link_list")}),
        (
            _("When"),
            {
                "fields": (
                    ("began", "first_seen"),
                    ("latest", "ended"),
                    ("silenced", "count"),
                )
            },
        ),
    )

    began = when("started_at", _("started"))
    first_seen = when("first_seen_at", _("first seen"))
    latest = when("last_seen_at", _("last seen"))
    ended = when("resolved_at", _("resolved"))
    silenced = when("silenced_until_at", _("silenced until"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for _title, part in self.fieldsets for row in part["fields"] for name in _names(row)]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        rows: QuerySet[Alert] = super().get_queryset(request)
        return rows.visible_to(request.user)  # type: ignore[attr-defined, no-any-return]

    @admin.display(description=_("severity"), ordering="severity__rank")
    def shape(self, alert: Alert) -> str:
        return severity_badge(alert.severity)

    @admin.display(description=_("state"))
    def standing(self, alert: Alert) -> str:
        if alert.resolved_at:
            return state_badge("resolved", str(_("resolved")))
        return (
            state_badge("held", str(_("silenced")))
            if alert.silenced_until_at
            else state_badge("triggered", str(_("open")))
        )

    @admin.display(description=_("incident"))
    def incident_link(self, alert: Alert) -> str:
        return _to_incident(alert)

    @admin.display(description=_("last seen"), ordering="last_seen_at")
    def seen(self, alert: Alert) -> str:
        return ago(alert.last_seen_at)

    @admin.display(description=_("labels"))
    def label_table(self, alert: Alert) -> str:
        return _pairs(alert.labels)

    @admin.display(description=_("values"))
    def value_table(self, alert: Alert) -> str:
        return _pairs(alert.values)

    @admin.display(description=_("links"))
    def link_list(self, alert: Alert) -> str:
        """Web addresses only: what a sender wrote must not become a script."""
        rows = [
            (one["href"], one.get("text") or one["href"]) for one in alert.links if is_web(str(one.get("href", "")))
        ]
        return format_html_join(" · ", '<a class="io-link" href="{}" rel="noreferrer noopener">{}</a>', rows) or "—"


def _names(row: Any) -> tuple[str, ...]:
    return row if isinstance(row, tuple) else (row,)


def _pairs(pairs: dict[str, str]) -> str:
    """Names and values as a list; both are the sender's and escaped."""
    rows = format_html_join("", "<dt>{}</dt><dd>{}</dd>", sorted(pairs.items()))
    return format_html('<dl class="io-facts">{}</dl>', rows) if rows else "—"


def _to_incident(alert: Alert) -> str:
    if alert.incident is None:
        return "—"
    where = reverse("admin:incidents_incident_change", args=[alert.incident.pk])
    return link(where, alert.incident.number)
