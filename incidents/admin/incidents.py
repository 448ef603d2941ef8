"""Incidents in the console: the list, and the doors to declare, look and act."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from incidents.admin.incident import views
from incidents.admin.incident.bulk import bulk
from incidents.admin.incident.declaring import declare
from incidents.admin.incident.deeds import DEEDS
from incidents.admin.shapes import both_zones, incident_badge, severity_badge
from incidents.lifecycle import rights
from incidents.models import Incident
from incidents.models.incidents import OVER
from oncall.admin.base import ConsoleAdmin, badge, lasting, opened_within


class OpenFilter(admin.SimpleListFilter):
    """Open ones, or those that are over."""

    title = _("open")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("open")), ("nobody", _("open, nobody has it")), ("no", _("over"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Incident]) -> QuerySet[Incident]:
        if self.value() == "yes":
            return queryset.filter(state__in=Incident.OPEN_STATES)
        if self.value() == "nobody":
            return queryset.filter(state=Incident.State.TRIGGERED)
        if self.value() == "no":
            return queryset.filter(OVER)
        return queryset


@admin.register(Incident)
class IncidentAdmin(ConsoleAdmin):
    """Nothing is edited in a form: every change is a verb."""

    list_display = ("name", "shape", "standing", "service", "age", "holder", "alerts")
    list_display_links = ("name",)
    list_filter = (
        *(OpenFilter, "state", "severity", "service", "service__team", "private"),
        opened_within("opened_at", _("opened")),
    )
    list_select_related = ("service", "severity", "acknowledged_by")
    search_fields = ("title",)  # that there is a search; what it finds is `sought`
    search_help_text = _("Number, title or service")
    ordering = ("-opened_at", "-id")
    sortable_by = ("name", "age")  # any other order would have all of them read
    actions = ("acknowledge", "resolve", "merge")

    # -- who may ------------------------------------------------------------------------------------------------------
    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.has_perm(rights.DECLARE))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_respond_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(rights.RESPOND))

    def has_command_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(rights.COMMAND))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        """What this person may see: list, autocomplete, search and actions start here."""
        return Incident.objects.visible_to(request.user).annotate(over=OVER)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Incident], search_term: str
    ) -> tuple[QuerySet[Incident], bool]:
        return queryset.sought(search_term), False  # type: ignore[attr-defined]  # our own queryset

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Open ones first, then the newest; the choosing of related objects goes by time alone."""
        match = request.resolver_match
        listed = match is not None and match.url_name == "incidents_incident_changelist"
        return ("over", *self.ordering) if listed else self.ordering

    # -- columns ------------------------------------------------------------------------------------------------------
    @admin.display(description=_("incident"), ordering="opened_at")
    def name(self, incident: Incident) -> str:
        mark = badge(_("private"), "muted") if incident.private else ""
        return format_html(
            '<span class="io-number">{}</span> <span class="io-subject">{}</span> {}',
            incident.number,
            incident.title,
            mark,
        )

    @admin.display(description=_("severity"), ordering="severity__rank")
    def shape(self, incident: Incident) -> str:
        return severity_badge(incident.severity)

    @admin.display(description=_("state"), ordering="state")
    def standing(self, incident: Incident) -> str:
        return incident_badge(incident)

    @admin.display(description=_("age"), ordering="opened_at")
    def age(self, incident: Incident) -> str:
        """Since the opening, or how long it lasted."""
        ended = None if incident.is_open else incident.resolved_at
        words = lasting((ended or timezone.now()) - incident.opened_at)
        return format_html(
            '<time datetime="{}" title="{}">{}{}</time>',
            incident.opened_at.isoformat(),
            both_zones(incident.opened_at),
            f"{_('lasted')} " if ended else "",
            words,
        )

    @admin.display(description=_("who has it"))
    def holder(self, incident: Incident) -> str:
        if incident.acknowledged_by:
            return str(incident.acknowledged_by)
        return badge(_("nobody"), "warn") if incident.state == Incident.State.TRIGGERED else "—"

    @admin.display(description=_("alerts"), ordering="alert_count")
    def alerts(self, incident: Incident) -> str:
        return ngettext("%(n)d alert", "%(n)d alerts", incident.alert_count) % {"n": incident.alert_count}

    # -- doors --------------------------------------------------------------------------------------------------------
    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        urls = [path("<int:pk>/live/", wrap(partial(views.fresh, self)), name="incidents_incident_live")]
        for slug, deed in DEEDS.items():
            view = wrap(partial(views.act, self, deed=deed))
            urls.append(path(f"<int:pk>/{slug}/", view, name=f"incidents_incident_{slug}"))
        return [*urls, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return declare(self, request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return views.show(self, request, _key(object_id))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The timeline is the history."""
        incident = views.readable(request, _key(object_id))
        where = reverse("admin:incidents_incident_change", args=[incident.pk])
        return HttpResponseRedirect(f"{where}#timeline")

    @admin.action(description=_("Acknowledge"), permissions=["respond"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[Incident]) -> HttpResponse | None:
        return bulk(self, request, queryset, "acknowledge", _("Acknowledge these incidents"))

    @admin.action(description=_("Resolve"), permissions=["respond"])
    def resolve(self, request: HttpRequest, queryset: QuerySet[Incident]) -> HttpResponse | None:
        return bulk(self, request, queryset, "resolve", _("Resolve these incidents"))

    @admin.action(description=_("Merge into …"), permissions=["command"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Incident]) -> HttpResponse | None:
        return bulk(self, request, queryset, "merge", _("Merge these incidents into another"))


def _key(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Http404
    return int(text)
