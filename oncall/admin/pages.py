"""Pages: what was sent to whom with which outcome, and what will be."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from oncall import paging
from oncall.admin.base import LogAdmin, badge, when
from oncall.models import Notification, Page, StepRun


class SeverityFilter(admin.SimpleListFilter):
    """By rank, from 1, the most severe: to list the labels that there are would have every page read."""

    title = _("severity")
    parameter_name = "rank"
    MILDEST = 4

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*((str(rank), f"SEV-{rank}") for rank in range(1, self.MILDEST)), (str(self.MILDEST), _("milder"))]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Page]") -> "QuerySet[Page]":
        rank = self.value()
        if rank == str(self.MILDEST):
            return queryset.filter(rank__gte=self.MILDEST)
        return queryset.filter(rank=int(rank)) if rank in {"1", "2", "3"} else queryset


@admin.register(Page)
class Pages(LogAdmin):
    """One run of a policy each. Its buttons are the incident's."""

    list_display = ["title_shown", "severity", "state_shown", "service", "opened", "next_due", "acknowledged_by"]
    list_select_related = ["acknowledged_by"]
    list_filter = ["state", SeverityFilter]
    search_fields = ["title", "service"]
    search_help_text = _("Title or service, in the newest 50,000")
    ordering = ["-id"]

    opened = when("opened_at", _("opened"))
    next_due = when("due_at", _("next due"))

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Page]":
        rows: QuerySet[Page] = super().get_queryset(request)
        return rows.visible_to(request.user)  # type: ignore[attr-defined, no-any-return]

    @admin.display(description=_("title"))
    def title_shown(self, row: Page) -> str:
        return row.title

    @admin.display(description=_("severity"))
    def severity(self, row: Page) -> str:
        return badge(row.severity_label, f"sev{min(row.rank, 4)}")

    @admin.display(description=_("state"))
    def state_shown(self, row: Page) -> str:
        return badge(state_words(row), state_tone(row))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page's story and its future."""
        page = self.get_object(request, object_id)
        if page is None:
            raise Http404
        if not self.has_view_permission(request, page):
            raise PermissionDenied
        now = timezone.now()
        page = (
            Page.objects.select_related("policy", "responder", "acknowledged_by")
            .prefetch_related(
                Prefetch("runs", queryset=StepRun.objects.order_by("ran_at", "id")),
                Prefetch("notifications", queryset=Notification.objects.order_by("due_at", "id")),
            )
            .get(pk=page.pk)
        )
        context = {
            "opts": self.opts,
            "object": page,
            "page": page,
            "state_words": state_words(page),
            "state_tone": state_tone(page),
            "tone": f"sev{min(page.rank, 4)}",
            "future": paging.plan(page, now),
            "now": now,
        }
        return self.screen(request, "admin/oncall/page.html", page.title, context)


def state_words(row: Page) -> str:
    """A held or exhausted page is open, and yet not what one thinks of."""
    if row.state == Page.State.OPEN and row.held_at:
        return _t("held")
    if row.state == Page.State.OPEN and row.exhausted_at:
        return _t("exhausted")
    return str(row.get_state_display())


def state_tone(row: Page) -> str:
    """The badge class that goes with `state_words`."""
    return "held" if row.state == Page.State.OPEN and row.held_at else str(row.state)
