"""Services in the console, with the keys that send to them and the policies by severity."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from incidents.admin.shapes import severity_badge
from incidents.models import Incident, Integration, Service, SeverityPolicy
from oncall.admin.base import ConfigurationAdmin, TabularInline, when


class SeverityPolicyInline(TabularInline):
    model = SeverityPolicy
    extra = 0
    autocomplete_fields = ("severity", "policy")


class IntegrationInline(TabularInline):
    """Looked at here; made and changed on its own page, where the key is shown once."""

    model = Integration
    extra = 0
    show_change_link = True
    fields = ("name", "format", "key_prefix", "enabled", "seen", "received_count")
    readonly_fields = fields
    seen = when("last_seen_at", _("last seen"))

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission


@admin.register(Service)
class ServiceAdmin(ConfigurationAdmin):
    list_display = ("name", "team", "escalation_policy", "severity", "open_incidents", "user_facing", "runbook")
    list_filter = ("team", "user_facing", "escalation_policy")
    list_select_related = ("team", "escalation_policy", "default_severity")
    search_fields = ("name", "slug", "description")
    prepopulated_fields = {"slug": ("name",)}
    autocomplete_fields = ("team", "escalation_policy", "default_severity", "depends_on")
    inlines = (SeverityPolicyInline, IntegrationInline)
    fieldsets = (
        (None, {"fields": (("name", "slug"), "description", ("team", "escalation_policy"))}),
        (_("Alerts"), {"fields": (("default_severity", "grouping_minutes"), "auto_resolve")}),
        (_("Context"), {"fields": (("user_facing", "runbook_url"), "depends_on")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Service]:
        mine = Count("incidents", filter=Q(incidents__in=Incident.objects.visible_to(request.user).open()))
        rows: QuerySet[Service] = super().get_queryset(request)
        return rows.annotate(open_count=mine)

    @admin.display(description=_("default severity"))
    def severity(self, service: Service) -> str:
        return severity_badge(service.default_severity) if service.default_severity else "SEV-3"

    @admin.display(description=_("open incidents"), ordering="open_count")
    def open_incidents(self, service: Any) -> int:
        return int(service.open_count)

    @admin.display(description=_("runbook"))
    def runbook(self, service: Service) -> str:
        if not service.runbook_url:
            return "—"
        return format_html('<a href="{}" rel="noreferrer noopener">{}</a>', service.runbook_url, _("open"))
