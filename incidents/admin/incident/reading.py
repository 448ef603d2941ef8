"""Everything the incident page shows, read in a bounded number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from incidents.admin.incident import deeds, live, pages, timelines, tracker
from incidents.admin.incident.clock import clock
from incidents.admin.shapes import incident_badge, moment, severity_badge
from incidents.models import Alert, Incident, RoleAssignment, Severity, TimelineEntry
from oncall.models import Page, User

SHOWN_ALERTS: Final = 50
SHOWN_RELATED: Final = 20
MAX_LINKS: Final = 12
_STEPS: Final = (
    (Incident.State.TRIGGERED, "opened_at"),
    (Incident.State.ACKNOWLEDGED, "acknowledged_at"),
    (Incident.State.MITIGATED, "mitigated_at"),
    (Incident.State.RESOLVED, "resolved_at"),
    (Incident.State.CLOSED, "closed_at"),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One state of the stepper; `at` is empty where it was skipped or is still to come."""

    words: str
    at: SafeString | str
    here: bool
    done: bool


@dataclass(frozen=True, slots=True)
class Button:
    """One verb that this person may do now."""

    slug: str
    words: str | Promise
    tone: str
    at_once: bool


def rows() -> QuerySet[Incident]:
    """Incidents with all that the page's head and its stamp need."""
    alerts = Alert.objects.filter(incident=OuterRef("pk"))
    fires = alerts.filter(resolved_at=None).order_by().values("incident").annotate(n=Count("pk")).values("n")
    entries = TimelineEntry.objects.filter(incident=OuterRef("pk")).order_by("-pk")
    others = Incident.objects.filter(Q(merged_into=OuterRef("pk")) | Q(previous=OuterRef("pk")))
    return Incident.objects.select_related(
        "service__team", "severity", "acknowledged_by", "declared_by", "previous", "merged_into"
    ).annotate(
        open_alerts=Coalesce(Subquery(fires), 0),
        alert_seen_at=Subquery(alerts.order_by("-last_seen_at").values("last_seen_at")[:1]),
        last_entry=Subquery(entries.values("pk")[:1]),
        has_related=Exists(others),
    )


def found(request: HttpRequest, pk: int) -> Incident:
    """The incident. Raises Http404 where there is none, or none that this person may see."""
    incident = rows().visible_to(request.user).filter(pk=pk).first()  # type: ignore[attr-defined]
    if incident is None:
        raise Http404(_("There is no such incident, or you may not see it."))
    return incident  # type: ignore[no-any-return]


def page(request: HttpRequest, incident: Incident, now: datetime) -> dict[str, Any]:
    """The template's values."""
    user: Any = request.user
    responders = list(incident.responders.select_related("person"))
    page_rows, messages = pages.page_rows(incident), pages.message_rows(incident)
    alerts = list(_alerts(incident))
    buttons = _buttons(incident, user, [row.person_id for row in responders], page_rows)
    roles = list(incident.roles.select_related("person"))
    return {
        "incident": incident,
        "now": now,
        "severity": severity_badge(incident.severity),
        "state": incident_badge(incident),
        "stages": _stages(incident, now),
        "clock": clock(incident, now),
        "paging_held": _held(incident, page_rows),
        "buttons": buttons,
        "can_note": any(button.slug == "note" for button in buttons),
        "commander_missing": _commander_missing(incident, roles),
        "ticket": tracker.ticket_link(incident),
        "timeline": timelines.timeline(incident, request.GET, now),
        "runs": pages.runs(incident, page_rows, messages, now),
        "stamp": live.of_rows(request, incident, page_rows, messages, now),
        "seen": getattr(incident, "last_entry", None) or 0,
        "alerts": alerts,
        "links": _links(incident, alerts),
        "roles": roles,
        "responders": responders,
        "changes": list(incident.severity_changes.select_related("from_severity", "to_severity", "by")),
        "related": _related(incident, user),
        # Seen by who sees the incident, and may look at postmortems at all.
        "postmortem": getattr(incident, "postmortem", None) if user.has_perm("postmortems.view_postmortem") else None,
    }


def _stages(incident: Incident, now: datetime) -> list[Stage]:
    order = [state for state, _field in _STEPS]
    here = order.index(Incident.State(incident.state))
    stages = []
    for position, (state, field) in enumerate(_STEPS):
        at = getattr(incident, field)
        past = position <= here
        stages.append(
            Stage(
                str(state.label),
                moment(at, now) if at and past else "",
                position == here,
                past and at is not None,
            )
        )
    return stages


def _held(incident: Incident, page_rows: Iterable[Page]) -> str:
    """Why nobody is paged yet; empty where paging is not held."""
    if not incident.is_open:
        return ""
    return next((row.hold_reason or _("held") for row in page_rows if row.held_at and row.state == "open"), "")


def _commander_missing(incident: Incident, roles: Iterable[RoleAssignment]) -> bool:
    """Whether the severity asks for an incident commander and there is none."""
    wanted = incident.is_open and incident.severity.commander == Severity.Commander.REQUIRED
    return wanted and not any(role.role == RoleAssignment.Role.COMMANDER and role.ends_at is None for role in roles)


def _buttons(incident: Incident, user: User, responders: list[int], page_rows: Iterable[Page]) -> list[Button]:
    by_hand = [row.responder_id for row in page_rows if row.responder_id and row.state == Page.State.OPEN]
    return [
        Button(deed.slug, deeds.label(deed, incident), deed.tone, deed.at_once)
        for deed in deeds.offered(incident, user, responders, by_hand)
    ]


def _alerts(incident: Incident) -> QuerySet[Alert]:
    """Open ones first, the most severe and newest of them on top."""
    known = incident.alerts.select_related("severity", "integration").defer("labels", "values")
    return known.order_by(F("resolved_at").desc(nulls_first=True), "severity__rank", "-last_seen_at", "-pk")[
        :SHOWN_ALERTS
    ]


def _links(incident: Incident, alerts: Iterable[Alert]) -> list[tuple[str, str]]:
    """(address, words) of the runbook and of what the senders gave; web addresses only."""
    links: dict[str, str] = {}
    if tracker.is_web(incident.service.runbook_url):
        links[incident.service.runbook_url] = _("Runbook")
    for alert in alerts:
        for link in alert.links:
            href = str(link.get("href", ""))
            if tracker.is_web(href):
                links.setdefault(href, str(link.get("text") or href)[:200])
    return list(links.items())[:MAX_LINKS]


def _related(incident: Incident, user: User) -> list[tuple[str, Incident]]:
    """What came before, what followed, what was merged: only what this person may see."""
    if not (getattr(incident, "has_related", True) or incident.previous_id or incident.merged_into_id):
        return []
    mine = Q(merged_into=incident) | Q(previous=incident)
    if incident.previous_id or incident.merged_into_id:
        mine |= Q(pk__in=[key for key in (incident.previous_id, incident.merged_into_id) if key])
    others = Incident.objects.visible_to(user).filter(mine).exclude(pk=incident.pk)
    named = []
    for other in others.select_related("severity").order_by("-opened_at")[:SHOWN_RELATED]:
        if other.pk == incident.merged_into_id:
            words = _("Merged into")
        elif other.pk == incident.previous_id:
            words = _("Before it")
        elif other.merged_into_id == incident.pk:
            words = _("Merged into this one")
        else:
            words = _("After it")
        named.append((words, other))
    return named
