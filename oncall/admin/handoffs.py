"""Handoffs: who passes duty to whom when, and who has signed. Signed on My on-call, or by the message's link."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from oncall import handoffs
from oncall.admin.base import LogAdmin, badge, opened_within, when
from oncall.models import Handoff, HandoffSide


class Signing(admin.SimpleListFilter):
    """Those that somebody has left unsigned, those to come, those of the past."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("unsigned", _("not signed")), ("ahead", _("ahead")), ("past", _("past"))]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Handoff]") -> "QuerySet[Handoff]":
        now = timezone.now()
        match self.value():
            case "unsigned":
                return queryset.filter(pk__in=handoffs.unsigned(now).order_by().values("handoff"))
            case "ahead":
                return queryset.filter(at__gt=now, withdrawn_at=None)
            case "past":
                return queryset.filter(at__lte=now)
        return queryset


@admin.register(Handoff)
class Handoffs(LogAdmin):
    """Made ahead of time by the engine."""

    list_display = ["rota", "layer_name", "instant", "outgoing", "incoming", "state"]
    # Not the admin's hierarchy of dates: a daily layer fills its row with days.
    list_filter = [Signing, ("schedule", admin.RelatedOnlyFieldListFilter), opened_within("at", _("at"))]
    search_fields = ["schedule__name", "schedule_slug", "layer_name"]
    search_help_text = _("Schedule or layer")
    fields = ["rota", "layer_name", "instant", "outgoing", "incoming", "state", "notes"]
    readonly_fields = ["rota", "instant", "outgoing", "incoming", "state", "notes"]

    instant = when("at", _("at"))

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Handoff]":
        rows: QuerySet[Handoff] = super().get_queryset(request).select_related("schedule")
        return rows.prefetch_related(Prefetch("sides", queryset=HandoffSide.objects.select_related("person")))

    @admin.display(description=_("schedule"))
    def rota(self, row: Handoff) -> str:
        """Its name; of one that is gone, what is remembered."""
        return str(row.schedule or row.schedule_slug)

    @admin.display(description=_("outgoing"))
    def outgoing(self, row: Handoff) -> str:
        return self._names(row, HandoffSide.Side.OUTGOING)

    @admin.display(description=_("incoming"))
    def incoming(self, row: Handoff) -> str:
        return self._names(row, HandoffSide.Side.INCOMING)

    @admin.display(description=_("state"))
    def state(self, row: Handoff) -> SafeString:
        if row.withdrawn_at:
            return badge(_t("withdrawn"), "ended")
        missing = [side for side in row.sides.all() if side.signed_at is None]
        if not missing:
            return badge(_t("signed"), "ok")
        return badge(_t("not signed"), "bad") if row.at <= timezone.now() else badge(_t("ahead"), "pending")

    @admin.display(description=_("notes"))
    def notes(self, row: Handoff) -> str:
        return (
            "\n\n".join(f"{side.person or side.username}: {side.note}" for side in row.sides.all() if side.note) or "—"
        )

    def _names(self, row: Handoff, side: str) -> str:
        """Who has signed carries a mark."""
        own = [each for each in row.sides.all() if each.side == side]
        return ", ".join(f"{each.person or each.username}{' ✓' if each.signed_at else ''}" for each in own) or "—"
