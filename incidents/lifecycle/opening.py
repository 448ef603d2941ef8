"""Incidents begin here: opened by alerts, many at once, or declared by hand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from incidents import timeline
from incidents.lifecycle import audience, awareness, facts, numbers, rights
from incidents.lifecycle.holding import Holds
from incidents.lifecycle.locks import lock_services
from incidents.lifecycle.paging_out import Wanted, open_pages
from incidents.lifecycle.refusals import Refused
from incidents.lifecycle.response import response_due_at
from incidents.models import Alert, Incident, Service, Severity, SeverityChange, TimelineEntry
from oncall import bulk
from oncall.models import User
from oncall.paging import Actor
from oncall.text import one_line, plain

DECLARED_RANK: Final = 2  # SEV-1 and SEV-2 count as declared when they open (issue, "Incidents")
MAX_TITLE: Final = 1024
MAX_DESCRIPTION: Final = 10_000


@dataclass(frozen=True, slots=True)
class Opening:
    """One incident to be opened; instants are aware UTC.

    `received_at` is the alert's receipt: the page, the response clock and the number's year count from it. `alerts`
    are rows at hand, for what the messages say and for `alert_count` (which may be given where more joined at once);
    the caller sets their `incident`. An incident that follows a private one (`previous_id`) is private too.
    """

    service_id: int
    severity_id: int
    title: str
    started_at: datetime
    detected_at: datetime
    received_at: datetime
    detection: str = Incident.Detection.ALERT
    private: bool = False
    previous_id: int | None = None
    declared_by: User | None = None
    alerts: Sequence[Alert] = ()
    opened_by: Actor | None = None
    alert_count: int | None = None
    finding_id: int | None = None  # what the audit found
    text: str = ""  # of the first timeline entry; empty: made from the title


def open_many(openings: Sequence[Opening], now: datetime) -> list[Incident]:
    """Open incidents, in the order given, with a bounded number of statements: numbers, rows, timeline, pages, notices.

    The caller holds the locks of the services. Severities that page in working hours, and services in maintenance, get
    held pages.
    """
    if not openings:
        return []
    with transaction.atomic():
        services = Service.every.select_related("team").in_bulk({opening.service_id for opening in openings})
        severities = Severity.objects.in_bulk()
        previous = Incident.objects.in_bulk({o.previous_id for o in openings if o.previous_id is not None})
        holds = Holds(services.values(), now)
        for alert in (alert for opening in openings for alert in opening.alerts):
            alert.severity = severities[alert.severity_id]  # at hand: no query for each
        given = iter(numbers.allocate([o.received_at for o in openings if not services[o.service_id].canary]))
        incidents = [_incident(o, given, services[o.service_id], severities[o.severity_id], previous) for o in openings]
        shown = [incident for incident in incidents if not incident.service.canary]
        for incident in shown:
            incident.response_due_at = response_due_at(incident, holds.calendars, incident.opened_at)
        bulk.create(incidents)
        _attach(openings, incidents, now)
        entries = [_first_entry(o, i, previous, now) for o, i in zip(openings, incidents, strict=True)]
        entries += open_pages([_wanted(o, i) for o, i in zip(openings, incidents, strict=True)], holds, now)
        _save_holds(incidents)
        timeline.add_many([*entries, *awareness.tell(shown, now)])
    return incidents


def declare(
    title: str,
    service: Service,
    by: Actor,
    now: datetime,
    severity: Severity | None = None,
    private: bool = False,
    description: str = "",
    detection: str = Incident.Detection.EMPLOYEE,
) -> Incident:
    """Open an incident by hand; without a severity the service's default. Raises Refused (title), NotAllowed."""
    rights.check_declare(by)
    title = one_line(title, MAX_TITLE)
    if not title:
        raise Refused(_("Say in a few words what is wrong."), "title")
    if len(description) > MAX_DESCRIPTION:
        raise Refused(_("At most 10,000 characters."), "description")
    text = "\n\n".join(
        part for part in (_("Declared: %(title)s") % {"title": title}, plain(description).strip()) if part
    )
    opening = Opening(
        service_id=service.pk,
        severity_id=(severity or default_severity(service)).pk,
        title=title,
        started_at=now,
        detected_at=now,
        received_at=now,
        detection=detection,
        private=private,
        declared_by=by.user,
        opened_by=by,
        text=text,
    )
    with transaction.atomic():
        # A sender's alert that arrives now waits for us, and then joins what was declared.
        lock_services([service.pk])
        return open_many([opening], now)[0]


def default_severity(service: Service) -> Severity:
    """The service's own, else SEV-3, else the mildest that pages. Raises Refused where there is no severity at all."""
    if service.default_severity:
        return service.default_severity
    severities = list(Severity.objects.order_by("rank"))
    third = [severity for severity in severities if severity.level == "SEV-3"]
    paging = [severity for severity in severities if severity.page != Severity.Paging.NEVER]
    if not severities:
        raise Refused(_("There is no severity; make one first."), "severity")
    return (third or paging[-1:] or severities[-1:])[0]


def _incident(
    opening: Opening, given: Iterator[str], service: Service, severity: Severity, previous: dict[int, Incident]
) -> Incident:
    before = previous.get(opening.previous_id or 0)
    numbered = {} if service.canary else {"number": next(given)}
    return Incident(
        **numbered,
        title=one_line(opening.title, MAX_TITLE),
        service=service,
        severity=severity,
        private=opening.private or (before is not None and before.private),
        detection=opening.detection,
        previous=before,
        started_at=opening.started_at,
        detected_at=opening.detected_at,
        opened_at=opening.received_at,
        declared_at=opening.received_at if _by_hand(opening) or severity.rank <= DECLARED_RANK else None,
        declared_by=opening.declared_by,
        finding_id=opening.finding_id,
        latest_alert_at=max((alert.first_seen_at for alert in opening.alerts), default=opening.received_at),
        alert_count=len(opening.alerts) if opening.alert_count is None else opening.alert_count,
    )


def _by_hand(opening: Opening) -> bool:
    return opening.declared_by is not None or opening.detection == Incident.Detection.EMPLOYEE


def _attach(openings: Sequence[Opening], incidents: Sequence[Incident], now: datetime) -> None:
    """The rows around new incidents: services, the first severity, whoever declared them."""
    through = Incident.services.through
    bulk.insert(through, ("incident_id", "service_id"), [(i.pk, i.service_id) for i in incidents])
    changes = [(i.pk, i.opened_at, i.severity_id, i.declared_by_id) for i in incidents]
    bulk.insert(SeverityChange, ("incident_id", "at", "to_severity_id", "by_id"), changes)
    audience.admit({i.pk: [i.declared_by_id] for i in incidents if i.declared_by_id is not None}, now)


def _first_entry(
    opening: Opening, incident: Incident, previous: dict[int, Incident], now: datetime
) -> timeline.NewEntry:
    kind = TimelineEntry.Kind.DECLARED if _by_hand(opening) else TimelineEntry.Kind.OPENED
    text = opening.text or _("Opened: %(title)s") % {"title": incident.title}
    before = previous.get(opening.previous_id or 0)
    if before:
        text += " " + _("(It follows %(number)s.)") % {"number": before.number}
    return timeline.entry(incident.pk, kind, text, opening.opened_by, now, incident.opened_at)


def _wanted(opening: Opening, incident: Incident) -> Wanted:
    people = frozenset([incident.declared_by_id]) if incident.declared_by_id is not None else frozenset()
    said = facts.of_rows(incident, incident.service, incident.severity, opening.alerts, people)
    return Wanted(incident, said, opening.received_at)


def _save_holds(incidents: Sequence[Incident]) -> None:
    held = [incident for incident in incidents if incident.hold_until_at is not None]
    if held:
        Incident.objects.bulk_update(held, ["hold_until_at"], batch_size=500)
