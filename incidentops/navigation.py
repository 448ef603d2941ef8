"""What the sidebar offers, by task: an entry is shown to who may open it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _t

Words = str | Promise
PAST = "?state__exact=resolved"
BEAT = "django_celery_beat"
# Screens with an entry of their own that lie below the address of another entry.
SCREENS = {
    "postmortems_actionitem_changelist": ("postmortems_actionitem_board", "postmortems_actionitem_figures"),
    "postmortems_postmortem_changelist": ("postmortems_postmortem_library",),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """`url` is a name of the admin site; `needs` a permission, or a rule over the request; empty: everybody."""

    title: Words
    icon: str
    url: str
    needs: str | Callable[[HttpRequest], bool] = ""
    query: str = ""


def has_mailbox(request: HttpRequest) -> bool:
    """The mailbox page is for the demo's messages; elsewhere for superusers only."""
    return bool(settings.CONSOLE_TRANSPORT) or cast(AbstractUser, request.user).is_superuser


# Task, then its entries: title, icon, address, permission (or rule), query.
TASKS: tuple[tuple[Words, tuple[Entry, ...]], ...] = (
    (
        _t("Respond"),
        (
            Entry(_t("Now"), "emergency_home", "index"),
            Entry(_t("Incidents"), "crisis_alert", "incidents_incident_changelist", "incidents.view_incident"),
            Entry(_t("Alerts"), "notifications_active", "incidents_alert_changelist", "incidents.view_alert"),
            Entry(_t("Pages"), "phone_in_talk", "oncall_page_changelist", "oncall.view_page"),
            Entry(_t("Notifications"), "outgoing_mail", "oncall_notification_changelist", "oncall.view_notification"),
            Entry(_t("Silences"), "notifications_off", "incidents_silence_changelist", "incidents.view_silence"),
            Entry(_t("Maintenance"), "construction", "incidents_maintenance_changelist", "incidents.view_maintenance"),
            Entry(_t("Mailbox"), "inbox", "oncall_mailbox", has_mailbox),
        ),
    ),
    (
        _t("On call"),
        (
            Entry(_t("My on-call"), "person_alert", "oncall_mine"),
            Entry(_t("Schedules"), "calendar_month", "oncall_schedule_changelist", "oncall.view_schedule"),
            Entry(_t("Overrides"), "swap_horiz", "oncall_override_changelist", "oncall.view_override"),
            Entry(_t("Handoffs"), "sync_alt", "oncall_handoff_changelist", "oncall.view_handoff"),
            Entry(_t("Leave"), "beach_access", "oncall_leave_changelist", "oncall.view_leave"),
            Entry(_t("People"), "group", "oncall_user_changelist", "oncall.view_user"),
            Entry(_t("Teams"), "groups", "oncall_team_changelist", "oncall.view_team"),
        ),
    ),
    (
        _t("Learn"),
        (
            Entry(_t("Postmortems"), "menu_book", "postmortems_postmortem_changelist", "postmortems.view_postmortem"),
            Entry(_t("Library"), "local_library", "postmortems_postmortem_library", "postmortems.view_postmortem"),
            Entry(_t("Action board"), "view_kanban", "postmortems_actionitem_board", "postmortems.view_actionitem"),
            Entry(_t("Action items"), "checklist", "postmortems_actionitem_changelist", "postmortems.view_actionitem"),
            Entry(_t("Completion"), "donut_large", "postmortems_actionitem_figures", "postmortems.view_actionitem"),
            Entry(_t("Past incidents"), "history", "incidents_incident_changelist", "incidents.view_incident", PAST),
            Entry(_t("Audit findings"), "fact_check", "oncall_auditfinding_changelist", "oncall.view_auditfinding"),
            Entry(_t("Shifts as they were"), "event_available", "oncall_shift_changelist", "oncall.view_shift"),
        ),
    ),
    (
        _t("Configure"),
        (
            Entry(_t("Services"), "dns", "incidents_service_changelist", "incidents.view_service"),
            Entry(_t("Integrations"), "cable", "incidents_integration_changelist", "incidents.view_integration"),
            Entry(_t("Inbox"), "move_to_inbox", "incidents_inboxitem_changelist", "incidents.view_inboxitem"),
            Entry(_t("Policies"), "stairs", "oncall_escalationpolicy_changelist", "oncall.view_escalationpolicy"),
            Entry(_t("Channels"), "forum", "oncall_channel_changelist", "oncall.view_channel"),
            Entry(_t("Severities"), "priority_high", "incidents_severity_changelist", "incidents.view_severity"),
            Entry(
                _t("Postmortem templates"),
                "post",
                "postmortems_postmortemtemplate_changelist",
                "postmortems.view_postmortemtemplate",
            ),
            Entry(_t("Holidays"), "celebration", "oncall_holiday_changelist", "oncall.view_holiday"),
            Entry(_t("Groups"), "admin_panel_settings", "auth_group_changelist", "auth.view_group"),
            Entry(_t("API tokens"), "key", "oncall_apitoken_changelist", "oncall.view_apitoken"),
            Entry(_t("Periodic jobs"), "schedule", f"{BEAT}_periodictask_changelist", f"{BEAT}.view_periodictask"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar for who asks, in the theme's form."""
    groups: list[dict[str, Any]] = []
    for title, entries in TASKS:
        items = [_item(entry, request) for entry in entries if _may(entry, request)]
        if shown := [item for item in items if item]:
            groups.append({"title": title, "separator": bool(groups), "items": shown})
    return groups


def environment(request: HttpRequest) -> list[str]:
    """The label that tells a practice room from the real one."""
    return [_("Production"), "danger"] if settings.PRODUCTION else [_("Demo"), "info"]


def _may(entry: Entry, request: HttpRequest) -> bool:
    if callable(entry.needs):
        return entry.needs(request)
    return not entry.needs or request.user.has_perm(entry.needs)


def _item(entry: Entry, request: HttpRequest) -> dict[str, Any] | None:
    try:
        link = reverse(f"admin:{entry.url}")
    except NoReverseMatch:  # its app is not installed
        return None
    past = request.GET.get("state__exact") in {"resolved", "closed"}
    if entry.url == "index":
        active = request.path == link
    elif entry.url == "incidents_incident_changelist":
        active = request.path.startswith(link) and past == bool(entry.query)
    else:
        screens = [reverse(f"admin:{name}") for name in SCREENS.get(entry.url, ())]
        active = request.path.startswith(link) and not request.path.startswith(tuple(screens))
    return {"title": entry.title, "icon": entry.icon, "link": link + entry.query, "active": lambda _request: active}
