"""Teams and their members."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from oncall.admin.base import ConfigurationAdmin, TabularInline
from oncall.admin.forms import WorkingHoursForm, zones
from oncall.models import Team, TeamMember


class TeamForm(WorkingHoursForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones(self)


class Members(TabularInline):
    model = TeamMember
    extra = 0
    hide_title = True
    autocomplete_fields = ["user"]


@admin.register(Team)
class Teams(ConfigurationAdmin):
    """People who answer for services together."""

    form = TeamForm
    list_display = ["name", "lead", "manager", "people", "timezone"]
    list_select_related = ["lead", "manager"]
    search_fields = ["name", "slug"]
    search_help_text = _("Name of the team")
    autocomplete_fields = ["lead", "manager"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [Members]
    fieldsets = [
        (None, {"fields": ["name", "slug", "lead", "manager", "timezone", "tracker_url"]}),
        (_("Working hours"), {"fields": ["working_days", ("works_from", "works_to"), "holidays"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Team]":
        rows: QuerySet[Team] = super().get_queryset(request)
        return rows.annotate(people_count=Count("memberships"))

    @admin.display(description=_("members"), ordering="people_count")
    def people(self, row: Any) -> int:
        return int(row.people_count)
