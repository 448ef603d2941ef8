"""A postmortem begins: drafted from an incident's facts, by the engine or by a person."""

from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from incidents.lifecycle import NotAllowed, Refused
from incidents.lifecycle.working_time import Calendars, working_hours
from incidents.models import Incident, Severity
from oncall.models import Team, User
from postmortems import events, rights
from postmortems.drafting import facts
from postmortems.logic import deadlines
from postmortems.models import (
    Attendee,
    Author,
    Postmortem,
    PostmortemEvent,
    PostmortemNumber,
    PostmortemTemplate,
    TimelineItem,
)

PROMPTED = (*("summary", "detection", "symptom", "root_cause", "went_well", "went_poorly", "got_lucky", "lessons"),)


def start(incident: Incident, by: User, now: datetime) -> Postmortem:
    """Draft one for an incident whose severity asks for none, or for one sentence. Raises Refused (conflict) where
    there is one already, or where the incident is not over; NotAllowed."""
    if not by.has_perm(rights.ADD) or not Incident.objects.visible_to(by).filter(pk=incident.pk).exists():
        raise NotAllowed(_("You do not have the permission to do this."))
    with transaction.atomic():
        fresh = _of(incident.pk)
        if fresh.resolved_at is None:
            raise Refused(_("The incident is not over: resolve it first."), "incident", conflict=True)
        found = Postmortem.objects.filter(incident=fresh, kind=Postmortem.Kind.FULL).first()
        if found is not None:
            raise Refused(_("There is one already: %(number)s.") % {"number": found.number}, "incident", conflict=True)
        return draft(fresh, now, by)


def draft(incident: Incident, now: datetime, by: User | None = None) -> Postmortem:
    """Write the draft of a resolved incident (locked by the caller), filled from facts, its clocks running.

    A record of one sentence becomes the draft, its sentence a lesson. The one-to-one column refuses a second one
    (IntegrityError).
    """
    record = Postmortem.objects.filter(incident=incident, kind=Postmortem.Kind.SENTENCE).first()
    declared, final = facts.severities(incident)
    owner = facts.owner_of(incident) or by
    made = Postmortem(
        pk=record.pk if record else None,
        number=record.number if record else allocate(now),
        title=facts.title_of(incident, declared),
        incident=incident,
        service=incident.service,
        owner=owner,
        severity=declared,
        assessed=final,
        happened_on=incident.started_at.astimezone(UTC).date(),
        created_at=now,
        **facts.instants(incident),
        **_prompts(incident.severity, incident.service.team),
    )
    set_clocks(made, incident, now)
    if record is not None:
        made.version = record.version + 1
        made.lessons = f"{made.lessons}\n\n{record.summary}".strip()
    made.save()
    TimelineItem.objects.bulk_create(facts.timeline(made, incident))
    Attendee.objects.bulk_create(facts.attendees(made, incident))
    if owner is not None:
        Author.objects.create(postmortem=made, person=owner, name=str(owner))
    said = _("Drafted; the owner is %(owner)s.") if owner else _("Drafted; nobody could be made its owner.")
    events.add(made, PostmortemEvent.Kind.DRAFTED, said % {"owner": owner}, by, now)
    if final is not None:
        events.add(made, PostmortemEvent.Kind.ASSESSED, assessment(declared, final), None, now)
    return made


def sentence(incident: Incident, now: datetime) -> Postmortem:
    """Keep the one sentence that was said when the incident was resolved: a record that asks nobody for more. Said
    again at a later resolve, it replaces the one before."""
    made = Postmortem.objects.filter(incident=incident).first()
    if made is None:
        made = Postmortem(
            number=allocate(now),
            kind=Postmortem.Kind.SENTENCE,
            state=Postmortem.State.CLOSED,
            incident=incident,
            created_at=now,
            published_at=now,
            closed_at=now,
        )
    given = {
        "title": facts.title_of(incident, incident.severity),
        "service": incident.service,
        "owner": facts.owner_of(incident),
        "severity": incident.severity,
        "happened_on": incident.started_at.astimezone(UTC).date(),
        "summary": incident.lesson,
        "resolved_at": incident.resolved_at,
        **facts.instants(incident),
    }
    for name, value in given.items():
        setattr(made, name, value)
    made.save()
    events.add(made, PostmortemEvent.Kind.DRAFTED, _("Kept from the resolve of the incident."), None, now)
    return made


def restart_clocks(postmortem: Postmortem, now: datetime) -> None:
    """The incident was reopened and resolved anew: both clocks run from there. The caller holds the lock."""
    incident = postmortem.incident
    if incident is None or incident.resolved_at is None:
        return
    set_clocks(postmortem, incident, now)
    postmortem.recovered_at = incident.mitigated_at or incident.resolved_at
    postmortem.save()
    text = _("The incident was resolved again: the clocks run from there.")
    events.add(postmortem, PostmortemEvent.Kind.DRAFTED, text, None, now)


def stop_clocks(postmortem: Postmortem, now: datetime) -> None:
    """There was nothing to learn from: nobody is reminded, and whoever began to write may go on."""
    postmortem.review_due_at = postmortem.publish_due_at = postmortem.next_look_at = None
    postmortem.save()
    text = _("The incident was a false alarm, or part of another: no clock runs.")
    events.add(postmortem, PostmortemEvent.Kind.DRAFTED, text, None, now)


def set_clocks(postmortem: Postmortem, incident: Incident, now: datetime) -> None:
    """By when the review has to be scheduled and the postmortem published. Nothing is saved."""
    resolved_at = incident.resolved_at or now
    severity = incident.severity
    postmortem.resolved_at = resolved_at
    postmortem.review_due_at = deadlines.review_due_at(resolved_at, severity.review_hours)
    postmortem.publish_due_at = deadlines.publish_due_at(
        resolved_at, severity.publish_business_days, calendar_of(incident, resolved_at)
    )
    postmortem.next_look_at = now


def calendar_of(incident: Incident, since: datetime) -> deadlines.Calendar:
    """The working hours and holidays of the team that answers for the service."""
    team = incident.service.team
    return deadlines.Calendar(working_hours(team), Calendars([incident.service], since).holidays(team))


def assessment(declared: Severity, assessed: Severity) -> str:
    """What a difference between the two says."""
    said = {"declared": declared.level, "assessed": assessed.level}
    if assessed.rank < declared.rank:
        return _("Under-escalated: declared %(declared)s, it was %(assessed)s.") % said
    return _("Over-escalated: declared %(declared)s, it was %(assessed)s.") % said


def allocate(now: datetime) -> str:
    """The next number of the year (UTC), as PM-2026-0042; its row lock orders those who ask at once."""
    year = now.astimezone(UTC).year
    row = PostmortemNumber.objects.filter(year=year)
    if not row.update(last=F("last") + 1):
        PostmortemNumber.objects.bulk_create([PostmortemNumber(year=year, last=0)], ignore_conflicts=True)
        row.update(last=F("last") + 1)
    return f"PM-{year:04d}-{row.get().last:04d}"


def _prompts(severity: Severity, team: Team | None) -> dict[str, str]:
    """The texts of the most exact template: the team's before everybody's, the severity's before all."""
    rows = PostmortemTemplate.objects.filter(Q(severity=severity) | Q(severity=None), Q(team=team) | Q(team=None))
    best = max(rows, key=lambda row: (row.team_id is not None, row.severity_id is not None), default=None)
    return {name: getattr(best, name) for name in PROMPTED} if best else {}


def _of(pk: int) -> Incident:
    """The incident, locked, so that the engine does not draft it meanwhile."""
    rows = Incident.objects.select_related("severity", "service__team__lead", "acknowledged_by")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=pk)
