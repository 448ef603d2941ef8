"""What the phone page says, read in a bounded number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from incidents.models import Alert, Incident
from oncall import keys, paging
from oncall.models import Notification, Page, User
from oncall.outbox import InFlight

SHOWN_PEOPLE = 12
SHOWN_FACTS = 12


@dataclass(frozen=True, slots=True)
class Paged:
    """One recipient of this page's messages and how the latest of them ended."""

    name: str
    state: str
    label: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """What happens next unless somebody acknowledges."""

    wait: str
    at: datetime
    names: str
    fallback: bool


def found(token: str, now: datetime) -> tuple[keys.Ticket, Page, Incident, User | None] | None:
    """The page and incident a live token speaks of, and whose message it stood in; None for any other text."""
    ticket = keys.read_page_token(token, now)
    if ticket is None or ticket.expired:
        return None
    page = Page.objects.select_related("policy").filter(pk=ticket.page_id).first()
    incident = incident_of(page) if page else None
    if page is None or incident is None:
        return None
    person = User.objects.filter(pk=ticket.person_id, is_active=True).first() if ticket.person_id else None
    # A person who has left keeps no key to the house; links to shared addresses name nobody.
    return None if ticket.person_id and person is None else (ticket, page, incident, person)


def incident_of(page: Page) -> Incident | None:
    """The incident of a page, by its subject."""
    kind, _, key = page.subject.partition(":")
    if kind != "incident" or not key.isdigit():
        return None
    incidents = Incident.objects.select_related("service", "severity", "acknowledged_by", "merged_into")
    return incidents.filter(pk=int(key)).first()


def shown(page: Page, incident: Incident, person: User | None, now: datetime) -> dict[str, Any]:
    """The template's values. Of a private incident a link in a shared channel says no more than its message did."""
    hidden = incident.private and person is None
    current = newest_page(incident) or page
    alerts = Alert.objects.filter(incident=incident)
    return {
        "incident": incident,
        "title": _("a private incident") if hidden else incident.title,
        "page": current,
        "facts": [] if hidden else _facts(current, incident),
        "links": [] if hidden else current.links,
        "alert_count": alerts.count(),
        "newest_alert": alerts.order_by("-last_seen_at").first(),
        "paged": _paged(incident),
        "ahead": _ahead(current, now),
        "held": current.hold_reason if current.held_at else "",
    }


def _facts(page: Page, incident: Incident) -> list[dict[str, str]]:
    """What its messages say, without the number: it stands above."""
    return [fact for fact in page.facts if fact.get("value") not in ("", None, incident.number)][:SHOWN_FACTS]


def newest_page(incident: Incident) -> Page | None:
    """The escalation that runs now: a raised severity opens a new one, and the old link must speak of it."""
    pages = Page.objects.select_related("policy").filter(subject=incident.subject, responder=None)
    return pages.order_by("-opened_at", "-pk").first()


def _paged(incident: Incident) -> list[Paged]:
    kinds = [Notification.Kind.PAGE, Notification.Kind.FALLBACK]
    rows = Notification.objects.filter(page__subject=incident.subject, kind__in=kinds).order_by("created_at", "pk")
    latest: dict[str, Paged] = {}
    for row in rows.select_related("person", "channel"):
        name = str(row.person or row.channel or row.recipient)
        latest[name] = Paged(name, row.state, row.get_state_display())
    return list(latest.values())[:SHOWN_PEOPLE]


def keys_of(moving: Sequence[InFlight]) -> str:
    """Messages that were on their way when somebody answered, as the address of the next page carries them."""
    return ".".join(str(one.pk) for one in moving[:SHOWN_PEOPLE])


def moving(incident: Incident, given: str) -> list[str]:
    """Whom these messages are for; those of another incident are nobody's business here."""
    wanted = [key for key in given.split(".")[:SHOWN_PEOPLE] if key.isascii() and key.isdigit() and len(key) < 19]
    rows = Notification.objects.filter(pk__in=wanted, page__subject=incident.subject).order_by("pk")
    names = [str(row.person or row.channel or row.recipient) for row in rows.select_related("person", "channel")]
    return list(dict.fromkeys(names))


def _ahead(page: Page, now: datetime) -> Ahead | None:
    for planned in paging.plan(page, now):
        if planned.names or planned.is_fallback:
            wait = max(planned.at - now, timedelta(0))
            minutes, seconds = divmod(int(wait.total_seconds()), 60)
            return Ahead(f"{minutes}:{seconds:02d}", planned.at, ", ".join(planned.names), planned.is_fallback)
    return None
