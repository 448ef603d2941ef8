"""The console's first page: what needs a human now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from incidents.admin import setup
from incidents.admin.canary import strip
from incidents.admin.duty import on_call_now
from incidents.admin.incident.clock import Clock, clock
from incidents.admin.shapes import clock_face, incident_badge, severity_badge
from incidents.lifecycle import rights
from incidents.models import InboxItem, Incident, RoleAssignment, Severity
from oncall import handoffs
from oncall.admin.base import lasting
from oncall.models import HandoffSide, Notification, Page, User

SHOWN: Final = 50
UNSIGNED: Final = 10


@dataclass(frozen=True, slots=True)
class Waiting:
    """A page that nobody answered: what it does next and when."""

    page: Page
    incident: Incident | None
    since: str
    following: str
    due_at: datetime | None
    face: str
    late: bool


@dataclass(frozen=True, slots=True)
class Open:
    """An open incident in the list."""

    incident: Incident
    severity: SafeString
    state: SafeString
    clock: Clock
    age: str
    commander: str
    commander_missing: bool
    can_acknowledge: bool


@dataclass(frozen=True, slots=True)
class Age:
    """How long the oldest due work of a kind waits."""

    words: str
    waits: str


def index(request: HttpRequest, frame: dict[str, Any]) -> dict[str, Any]:
    """What the theme asks for: the page's frame with our values."""
    return {**frame, **context(request, timezone.now())}


def context(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """The values of `now.html`; about fifteen queries, and a few more each half minute for what is to be set up."""
    user: Any = request.user
    duties = on_call_now(now) if user.has_perm("oncall.view_schedule") else []
    incidents = _incidents(user)
    waiting = _waiting(user, incidents, now) if incidents or user.has_perm("oncall.view_page") else []
    opened = _opened(user, incidents[:SHOWN], now)
    return {
        "now": now,
        "opened": opened,
        "more": len(incidents) > SHOWN,
        "urgent": _urgent(opened, waiting),
        "waiting": waiting,
        "duties": duties,
        "unsigned": _unsigned(user, now),
        "ages": _ages(user, now),
        "canary": strip(now),
        "setup": setup.items(request, duties),
        "can_declare": user.has_perm(rights.DECLARE),
        "sees_incidents": user.has_perm("incidents.view_incident"),
    }


def _incidents(user: User) -> list[Incident]:
    """Open ones this person may see, the most severe first, then the oldest."""
    if not user.has_perm("incidents.view_incident"):
        return []
    rows = Incident.objects.visible_to(user).filter(state__in=Incident.OPEN_STATES)
    rows = rows.select_related("severity", "service", "acknowledged_by")
    return list(rows.order_by("severity__rank", "opened_at")[: SHOWN + 1])


def _opened(user: User, incidents: Sequence[Incident], now: datetime) -> list[Open]:
    commanders = dict(
        RoleAssignment.objects.filter(
            incident__in=incidents, role=RoleAssignment.Role.COMMANDER, ends_at=None
        ).values_list("incident", "person__name")
    )
    may = user.has_perm(rights.RESPOND)
    return [
        Open(
            incident=row,
            severity=severity_badge(row.severity),
            state=incident_badge(row),
            clock=clock(row, now),
            age=lasting(now - row.opened_at),
            commander=commanders.get(row.pk, ""),
            commander_missing=row.severity.commander == Severity.Commander.REQUIRED and row.pk not in commanders,
            can_acknowledge=may and row.state == Incident.State.TRIGGERED,
        )
        for row in incidents
    ]


def _urgent(opened: Iterable[Open], waiting: Iterable[Waiting]) -> int:
    """How many incidents want somebody this minute: paged and not answered, or late to be answered.

    What waits for working hours or the end of maintenance, or never pages, does not until its time is up.
    """
    paged = {row.page.subject for row in waiting}
    return sum(
        row.incident.state == Incident.State.TRIGGERED and (row.incident.subject in paged or row.clock.tone == "bad")
        for row in opened
    )


def _waiting(user: User, incidents: Iterable[Incident], now: datetime) -> list[Waiting]:
    """Pages that nobody answered, the most severe first. Held ones wait by intent and are not among them."""
    known = {incident.subject: incident for incident in incidents}
    rows = Page.objects.visible_to(user).filter(state=Page.State.OPEN, held_at=None)
    rows = rows.select_related("policy", "responder").order_by("rank", "opened_at")
    return [_one_waiting(page, known.get(page.subject), now) for page in rows[:SHOWN]]


def _one_waiting(page: Page, incident: Incident | None, now: datetime) -> Waiting:
    due = page.due_at
    return Waiting(
        page=page,
        incident=incident,
        since=lasting(now - page.opened_at),
        following=_following(page),
        due_at=due,
        face=clock_face(abs(due - now)) if due else "",
        late=due is not None and due < now - timedelta(seconds=5),
    )


def _following(page: Page) -> str:
    """Whom the next step is meant for, as the policy names them; who that is stands on the incident's page."""
    steps = page.policy.steps if page.policy else []
    if not 1 <= page.step <= len(steps):
        return _("the fallback channel")
    names = [str(target.get("name", "")) for target in steps[page.step - 1]["targets"]]
    return ", ".join(name for name in names if name) or _("nobody: the step has no target")


def _unsigned(user: User, now: datetime) -> list[HandoffSide]:
    """Handoffs that somebody has not signed: everybody's for who may see handoffs, else one's own."""
    rows = handoffs.unsigned(now)
    if not user.has_perm("oncall.view_handoff"):
        rows = rows.filter(person=user)
    return list(rows[:UNSIGNED])


def _ages(user: User, now: datetime) -> list[Age]:
    """The oldest due page, message and accepted alert, in one query."""
    oldest = {
        "page": _oldest(Page.objects.filter(due_at__lte=now), "due_at"),
        "message": _oldest(Notification.objects.filter(state=Notification.State.PENDING, due_at__lte=now), "due_at"),
        "inbox": _oldest(InboxItem.objects.filter(done_at=None), "received_at"),
    }
    since: Any = User.objects.filter(pk=user.pk).values(**oldest)[0]
    words = {"page": _("Oldest due page"), "message": _("Oldest due message"), "inbox": _("Oldest accepted alert")}
    return [
        Age(words[name], lasting(now - at) if at else _("none waits")) for name, at in ((n, since[n]) for n in words)
    ]


def _oldest(rows: QuerySet[Any], field: str) -> Subquery:
    return Subquery(rows.order_by(field).values(field)[:1])
