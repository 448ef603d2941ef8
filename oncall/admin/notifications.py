"""Notifications as they were sent, and the demo's mailbox."""

from typing import Any, Final, cast

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from oncall import keys
from oncall.admin.base import LogAdmin, badge, opened_within, when
from oncall.logic.addresses import masked
from oncall.models import Notification, User

IN_MAILBOX: Final = 50
SECRET: Final = (Notification.Kind.CODE,)


@admin.register(Notification)
class Notifications(LogAdmin):
    """The outbox, newest first. Addresses are masked; codes are for their reader only."""

    list_display = ["recipient", "kind", "title_shown", "state_shown", "reason", "due", "sent"]
    list_filter = ["kind", "state", "person", opened_within("created_at", _("posted"))]
    search_fields = ["recipient", "title"]
    search_help_text = _("Who it was sent to, or its subject, in the newest 50,000")
    ordering = ["-id"]
    fieldsets = [
        (None, {"fields": ["recipient", "kind", "person", "channel", "transport", "address_shown"]}),
        (_("Message"), {"fields": ["title_shown", "text_shown", "page", "step", "round", "urgency"]}),
        (_("Outcome"), {"fields": ["state_shown", "reason", "attempts", "posted", "due", "sent"]}),
    ]
    readonly_fields = ["address_shown", "title_shown", "text_shown", "state_shown", "posted", "due", "sent"]

    posted = when("created_at", _("posted"))
    due = when("due_at", _("due"))
    sent = when("sent_at", _("sent"))

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Notification]":
        rows: QuerySet[Notification] = super().get_queryset(request)
        return rows.visible_to(request.user)  # type: ignore[attr-defined, no-any-return]

    @admin.display(description=_("subject"))
    def title_shown(self, row: Notification) -> str:
        return _t("Your code: ······") if row.kind in SECRET else row.title

    @admin.display(description=_("text"))
    def text_shown(self, row: Notification) -> str:
        return _t("A code: for its reader only.") if row.kind in SECRET else row.text

    @admin.display(description=_("address"))
    def address_shown(self, row: Notification) -> str:
        return masked(row.address if "://" in row.address else row.address.removeprefix("mailto:"))

    @admin.display(description=_("state"))
    def state_shown(self, row: Notification) -> str:
        return badge(row.get_state_display(), row.state)

    def site_urls(self) -> list[URLPattern]:
        return [path("mailbox/", self.admin_site.admin_view(self.mailbox), name="oncall_mailbox")]

    def mailbox(self, request: HttpRequest) -> HttpResponse:
        """What the demo would have mailed, newest first: superusers see all of it, others what was sent to them."""
        person = cast(User, request.user)
        if not (settings.CONSOLE_TRANSPORT or person.is_superuser):
            raise PermissionDenied
        rows = Notification.objects.filter(transport="console").exclude(state=Notification.State.PENDING)
        if not person.is_superuser:
            rows = rows.filter(Q(person=person) | (Q(page__isnull=False) & ~Q(kind__in=SECRET)))
            rows = rows.visible_to(person)
        letters = list(rows.order_by("-id")[:IN_MAILBOX])
        for letter in letters:  # whoever opens a page's link acts in its reader's name
            letter.opens = person.is_superuser or letter.person_id == person.pk  # type: ignore[attr-defined]
            if letter.letter and letter.opens:  # type: ignore[attr-defined]
                letter.text = keys.for_reader(letter.text, letter.person_id, letter.created_at)
        context: dict[str, Any] = {"letters": letters}
        response = self.screen(request, "admin/oncall/mailbox.html", _t("Mailbox"), context)
        response["Cache-Control"] = "no-store"
        return response
