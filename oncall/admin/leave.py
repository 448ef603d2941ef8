"""Leave: who is away, and when."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from oncall.admin.base import RosterAdmin, when
from oncall.admin.forms import SpanForm
from oncall.admin.roster import schedules_of_people
from oncall.models import Leave


@admin.register(Leave)
class Absence(RosterAdmin):
    """For exactly these hours the next member of the rotation stands in."""

    form = SpanForm
    list_display = ["user", "starts", "ends", "reason"]
    list_select_related = ["user"]
    list_filter = [("user", admin.RelatedOnlyFieldListFilter)]
    date_hierarchy = "starts_at"
    search_fields = ["user__username", "user__name", "reason"]
    autocomplete_fields = ["user"]
    fields = ["user", "starts_at", "ends_at", "reason"]

    starts = when("starts_at", _("from"))
    ends = when("ends_at", _("to"))

    def schedules_touched(self, request: HttpRequest, rows: Iterable[Any]) -> set[int]:
        """Those of the person it was for, and of the one whom the form names."""
        posted = request.POST.get("user", "")
        people = {row.user_id for row in rows} | ({int(posted)} if posted.isascii() and posted.isdigit() else set())
        return schedules_of_people(people)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"user": request.user.pk, **super().get_changeform_initial_data(request)}
