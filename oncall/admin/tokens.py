"""API tokens of everybody, to see and to revoke. One's own are made on My on-call."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from oncall.admin.base import LogAdmin, badge, when
from oncall.models import ApiToken


@admin.register(ApiToken)
class ApiTokens(LogAdmin):
    """The text of a token is stored nowhere; its beginning tells tokens apart."""

    list_display = ["prefix", "user", "name", "scope", "state", "made", "used"]
    list_select_related = ["user"]
    list_filter = ["scope", ("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["prefix", "name", "user__username", "user__name"]
    fields = ["prefix", "user", "name", "scope", "state", "made", "used"]
    readonly_fields = ["state", "made", "used"]
    actions: Any = ["revoke"]

    made = when("created_at", _("made"))
    used = when("last_used_at", _("last used"))

    @admin.display(description=_("state"))
    def state(self, row: ApiToken) -> str:
        return badge(_("valid"), "ok") if row.revoked_at is None else badge(_("revoked"), "closed")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("oncall.change_apitoken")

    @admin.action(description=_("Revoke"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: "QuerySet[ApiToken]") -> None:
        """At once and for good."""
        count = queryset.filter(revoked_at=None).update(revoked_at=timezone.now())
        messages.success(request, ngettext("%d token is revoked.", "%d tokens are revoked.", count) % count)
