"""Integrations and the inbox in the console: keys are shown once, what broke the drain is seen and tried again."""

from typing import Any, Final

import orjson
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _t
from django.utils.translation import ngettext

from incidents import intake, integrations, signing
from incidents.admin.shapes import ago, state_badge
from incidents.models import Alert, InboxItem, Integration
from oncall.admin.base import ConfigurationAdmin, LogAdmin, action

_PRIVATE: Final = {"hidden": "an event of a private incident"}


class IntegrationForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Integration
        fields = (
            "service", "name", "format", "enabled", "per_alert", "limit_per_minute", "every_minutes", "severity_map",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("format") == Integration.Format.HEARTBEAT and not values.get("every_minutes"):
            self.add_error("every_minutes", _("Say how often the ping is expected."))
        return values


@admin.register(Integration)
class IntegrationAdmin(ConfigurationAdmin):
    form = IntegrationForm
    list_display = ("name", "service", "format", "begins", "standing", "seen", "received_count")
    list_filter = ("format", "enabled", "service")
    list_select_related = ("service",)
    search_fields = ("name", "service__name", "key_prefix")
    actions = ("switch_off", "switch_on")
    actions_detail = ["rotate", "sign"]
    readonly_fields = ("begins", "signatures", "seen", "received_count")
    fieldsets = (
        (None, {"fields": (("service", "name"), ("format", "enabled"))}),
        (_t("Reading"), {"fields": ("severity_map", ("per_alert", "limit_per_minute"), "every_minutes")}),
        (_t("Key"), {"fields": (("begins", "signatures"), ("seen", "received_count"))}),
    )

    @admin.display(description=_t("key"))
    def begins(self, integration: Integration) -> str:
        return f"{integration.key_prefix}…" if integration.key_prefix else "—"

    @admin.display(description=_t("signatures"))
    def signatures(self, integration: Integration) -> str:
        if not integration.signing_secret:
            return _("not asked for")
        two = bool(integration.previous_signing_secret)
        return _("signed bodies only; two secrets are good") if two else _("signed bodies only")

    @admin.display(description=_t("state"), ordering="enabled")
    def standing(self, integration: Integration) -> str:
        on = integration.enabled
        return state_badge("resolved" if on else "closed", _("on") if on else _("off"))

    @admin.display(description=_t("last seen"), ordering="last_seen_at")
    def seen(self, integration: Integration) -> str:
        return ago(integration.last_seen_at)

    def save_model(self, request: HttpRequest, obj: Integration, form: Any, change: bool) -> None:
        """A new one gets its key, told once; a changed one is obeyed within a second."""
        if change:
            super().save_model(request, obj, form, change)
            integrations.forget_keys()
            return
        self._tell(request, obj, integrations.rotate(obj, timezone.now()))

    @action(description=_t("New key"), permissions=["change"])  # type: ignore[untyped-decorator]
    def rotate(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Ask first on GET: a link that is followed must not cut a sender off."""
        integration = get_object_or_404(Integration, pk=object_id)
        if request.method == "POST":
            self._tell(request, integration, integrations.rotate(integration, timezone.now()))
            return HttpResponseRedirect(reverse("admin:incidents_integration_change", args=[integration.pk]))
        context = {**self.admin_site.each_context(request), "title": _("New key"), "integration": integration}
        return render(request, "admin/incidents/integration/rotate.html", context)

    @action(description=_t("Signatures"), permissions=["change"])  # type: ignore[untyped-decorator]
    def sign(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Says what there is on GET, changes it on POST."""
        integration = get_object_or_404(Integration, pk=object_id)
        done = self._signing(request, integration) if request.method == "POST" else ""
        if done:
            self.message_user(request, done, messages.WARNING)
            return HttpResponseRedirect(reverse("admin:incidents_integration_change", args=[integration.pk]))
        context = {**self.admin_site.each_context(request), "title": _("Signatures"), "integration": integration}
        return render(request, "admin/incidents/integration/signing.html", context)

    def _signing(self, request: HttpRequest, integration: Integration) -> str:
        now = timezone.now()
        match request.POST.get("do"):
            case "require":
                text = _("The signing secret of %(name)s, shown this once:") % {"name": integration.name}
                return format_html("{} <code>{}</code>", text, signing.require(integration, now))
            case "drop":
                signing.drop_previous(integration, now)
                return _("Only the newest secret is good now.")
            case "stop":
                signing.stop(integration, now)
                return _("Bodies need no signature any more.")
        return ""

    def _tell(self, request: HttpRequest, integration: Integration, key: str) -> None:
        where = f"{settings.SITE_URL}/api/v1/ingest/{integration.format}/{key}/"
        text = _("The key of %(name)s, shown this once:") % {"name": integration.name}
        self.message_user(
            request,
            format_html("{} <code>{}</code><br>{} <code>{}</code>", text, key, _("Address:"), where),
            messages.WARNING,
        )

    @admin.action(description=_t("Switch off"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Integration]) -> None:
        self._switch(request, queryset, enabled=False)

    @admin.action(description=_t("Switch on"), permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Integration]) -> None:
        self._switch(request, queryset, enabled=True)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Integration], *, enabled: bool) -> None:
        rows = list(queryset.exclude(enabled=enabled))
        for row in rows:
            integrations.set_enabled(row, enabled, timezone.now())
        done = ngettext("%(n)d integration changed.", "%(n)d integrations changed.", len(rows)) % {"n": len(rows)}
        self.message_user(request, done, messages.SUCCESS)


@admin.register(InboxItem)
class InboxAdmin(LogAdmin):
    """What was accepted; items set aside can be tried again."""

    list_display = ("__str__", "standing", "signal_count", "tries", "error_line")
    list_filter = ("state", "integration")
    list_select_related = ("integration__service",)
    actions: Any = ("try_again",)
    fields: Any = ("integration", "received_at", "standing", "tries", "whole_error", "done_at", "body")
    readonly_fields: Any = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboxItem]:
        """A body may be half a megabyte: a list does not read it."""
        rows: QuerySet[InboxItem] = super().get_queryset(request)
        return rows.defer("signals")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> InboxItem | None:
        """The row without what this person may not see: events of private incidents, and errors that may quote them."""
        item: InboxItem | None = super().get_object(request, object_id, from_field)
        if item is not None and (hidden := _hidden_keys(item, request.user)):
            item.signals = [each if each.get("dedup_key") not in hidden else _PRIVATE for each in item.signals]
            item.error = _error_name(item)
        return item

    @admin.display(description=_t("state"))
    def standing(self, item: InboxItem) -> str:
        tone = {"pending": "held", "done": "resolved", "aside": "triggered"}[item.state]
        return state_badge(tone, item.get_state_display())

    @admin.display(description=_t("error"))
    def error_line(self, item: InboxItem) -> str:
        return _error_name(item) or "—"

    @admin.display(description=_t("error"))
    def whole_error(self, item: InboxItem) -> str:
        return item.error or "—"

    @admin.display(description=_t("events"))
    def body(self, item: InboxItem) -> str:
        text = orjson.dumps(item.signals, option=orjson.OPT_INDENT_2).decode()
        return format_html('<pre class="io-body">{}</pre>', text[:50_000])

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("incidents.change_inboxitem"))

    @admin.action(description=_t("Try again"), permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[InboxItem]) -> None:
        items = list(queryset.filter(state=InboxItem.State.ASIDE))
        for item in items:
            intake.retry(item, timezone.now())
        again = ngettext("%(n)d item is tried again.", "%(n)d items are tried again.", len(items)) % {"n": len(items)}
        self.message_user(request, again, messages.SUCCESS)


def _error_name(item: InboxItem) -> str:
    """What kind of error it was: its text may quote the body."""
    return item.error.splitlines()[-1].partition(":")[0][:120] if item.error else ""


def _hidden_keys(item: InboxItem, user: object) -> set[str]:
    """The dedup keys in the body that belong to a private incident which this person may not see."""
    keys = [str(each.get("dedup_key", "")) for each in item.signals]
    alerts = Alert.objects.filter(integration=item.integration_id, dedup_key__in=keys)
    return set(alerts.exclude(pk__in=Alert.objects.visible_to(user)).values_list("dedup_key", flat=True))
