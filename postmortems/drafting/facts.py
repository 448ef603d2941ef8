"""What is known of an incident when its postmortem is drafted: owner, instants, timeline, who was there."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final

from django.db.models import Min, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from incidents.models import Incident, RoleAssignment, Severity, TimelineEntry
from oncall.models import Team, User
from postmortems.models import Attendee, Postmortem, TimelineItem

MOST_ITEMS: Final = 200
MOST_ATTENDEES: Final = 100
MOST_ALERTS: Final = 50
# Labels of alerts that say, by username or mail address, whose change went before.
CHANGED_BY: Final = ("changed_by", "deployed_by")
INVITED: Final = _lazy("made the last change: invited, never blamed")
# What a reader wants to know first; messages and pages stay on the incident's own timeline.
TOLD: Final = (
    *(TimelineEntry.Kind.OPENED, TimelineEntry.Kind.DECLARED, TimelineEntry.Kind.ACKNOWLEDGED),
    *(TimelineEntry.Kind.SEVERITY, TimelineEntry.Kind.ROLE, TimelineEntry.Kind.NOTE, TimelineEntry.Kind.UNREACHED),
    *(TimelineEntry.Kind.MITIGATED, TimelineEntry.Kind.RESOLVED, TimelineEntry.Kind.REOPENED),
)


def owner_of(incident: Incident) -> User | None:
    """The incident commander (the last one), else who resolved it, had it, leads the team, or responded, in this order.

    Only active people who may see the incident; None where there is nobody.
    """
    for person in _candidates(incident):
        if person is not None and person.is_active and _sees(incident, person):
            return person
    return None


def _candidates(incident: Incident) -> Iterator[User | None]:
    commanders = incident.roles.filter(role=RoleAssignment.Role.COMMANDER).select_related("person")
    for held in commanders.order_by("-starts_at", "-pk"):
        yield held.person
    resolved = incident.timeline.filter(kind=TimelineEntry.Kind.RESOLVED, actor__isnull=False)
    last = resolved.select_related("actor").order_by("-at", "-pk").first()
    yield last.actor if last else None
    yield incident.acknowledged_by
    yield incident.service.team.lead if incident.service.team else None
    for responder in incident.responders.select_related("person")[:MOST_ATTENDEES]:
        yield responder.person


def _sees(incident: Incident, person: User) -> bool:
    return not incident.private or Incident.objects.visible_to(person).filter(pk=incident.pk).exists()


def severities(incident: Incident) -> tuple[Severity, Severity | None]:
    """(as it was declared, as it was in the end where that is another one)."""
    first = incident.severity_changes.select_related("from_severity", "to_severity").order_by("at", "pk").first()
    declared = (first.from_severity or first.to_severity) if first else incident.severity
    return declared, None if declared == incident.severity else incident.severity


def instants(incident: Incident) -> dict[str, datetime | None]:
    """Those that the incident knows; the others are for people to say."""
    recovered_at = incident.mitigated_at or incident.resolved_at
    undone = incident.mitigation == Incident.Mitigation.ROLLBACK
    alerted: Any = incident.alerts.aggregate(at=Min("first_seen_at"))["at"]
    return {
        "impact_started_at": incident.started_at,
        "alerted_at": alerted or incident.detected_at,
        "acknowledged_at": incident.acknowledged_at,
        "rolled_back_at": incident.mitigated_at if undone else None,
        "recovered_at": recovered_at,
    }


def timeline(postmortem: Postmortem, incident: Incident) -> list[TimelineItem]:
    """Unsaved items of the entries that tell the story, the earliest 200."""
    entries = incident.timeline.filter(kind__in=TOLD).order_by("at", "pk")[:MOST_ITEMS]
    return [TimelineItem(postmortem=postmortem, at=entry.at, text=told_as(entry), entry=entry) for entry in entries]


def told_as(entry: TimelineEntry) -> str:
    """An entry of the incident as the timeline tells it first."""
    named = not entry.actor_name or entry.actor_name in entry.text
    return entry.text if named else f"{entry.actor_name}: {entry.text}"


def attendees(postmortem: Postmortem, incident: Incident) -> list[Attendee]:
    """Unsaved rows of who is proposed for the review: roles, responders, the leads of the teams concerned, and whose
    change went before, where an alert says it."""
    why: dict[User, list[str]] = {}
    for role in incident.roles.select_related("person").order_by("starts_at", "pk"):
        why.setdefault(role.person, []).append(str(role.get_role_display()))
    for responder in incident.responders.select_related("person")[:MOST_ATTENDEES]:
        why.setdefault(responder.person, []).append(_("responder"))
    for lead in _leads(incident):
        if _sees(incident, lead):
            why.setdefault(lead, []).append(_("team lead"))
    for engineer in _changers(incident):
        if _sees(incident, engineer):
            why.setdefault(engineer, []).append(str(INVITED))
    people = [person for person in why if person.is_active]
    return [
        Attendee(
            postmortem=postmortem, person=person, name=str(person), role=", ".join(dict.fromkeys(why[person]))[:150]
        )
        for person in people[:MOST_ATTENDEES]
    ]


def _leads(incident: Incident) -> Iterable[User]:
    services = [incident.service_id, *incident.services.values_list("pk", flat=True)]
    teams = Team.objects.filter(services__in=services, lead__isnull=False).select_related("lead").distinct()
    return [team.lead for team in teams if team.lead is not None]


def _changers(incident: Incident) -> Iterable[User]:
    rows = incident.alerts.filter(labels__has_any_keys=CHANGED_BY).order_by("first_seen_at", "pk")
    told = rows.values_list("labels", flat=True)[:MOST_ALERTS]
    names = {str(labels[name]).strip() for labels in told for name in CHANGED_BY if labels.get(name)}
    return User.objects.filter(Q(username__in=names) | Q(email__in=names), is_active=True).order_by("pk")


def title_of(incident: Incident, severity: Severity) -> str:
    """[SEV-1] Payment service outage - 2026-02-15; the date is that of the impact's beginning in UTC."""
    return f"[{severity.level}] {incident.title} - {incident.started_at:%Y-%m-%d}"
