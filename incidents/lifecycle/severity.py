"""How bad it is, as it changes: a raise pages anew, a lowering changes what is said."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from incidents import timeline
from incidents.lifecycle import awareness, rights
from incidents.lifecycle.ending import MAX_REASON
from incidents.lifecycle.holding import Holds
from incidents.lifecycle.locks import locked, state_after
from incidents.lifecycle.paging_out import held_entry, page_again, update_pages
from incidents.lifecycle.refusals import Refused
from incidents.lifecycle.response import response_due_at
from incidents.logic.severity import more_severe
from incidents.logic.states import Verb
from incidents.models import Incident, Severity, SeverityChange, TimelineEntry
from oncall import paging
from oncall.paging import Actor


def set_severity(incident: Incident, severity: Severity, reason: str, by: Actor, now: datetime) -> Incident:
    """Change the severity; every change is kept. The same severity again changes nothing.

    A raise ends the running page (save pages by hand), opens one under the new level and triggers the incident again;
    it counts as declaring. A lowering needs a reason; to a level that never pages it ends the page. Raises Refused.
    """
    with locked(incident) as (fresh,):
        rights.check(fresh, by, rights.RESPOND)
        change(fresh, severity, reason, by, now)
        return fresh


def change(incident: Incident, severity: Severity, reason: str, by: Actor, now: datetime) -> None:
    """The same on an incident that the caller holds locked."""
    state_after(incident, Verb.SET_SEVERITY)
    before, reason = incident.severity, reason.strip()
    if before.pk == severity.pk:
        return
    raised = more_severe(severity.rank, before.rank)
    if not (raised or reason):
        raise Refused(_("Say why it is less severe."), "reason")
    if len(reason) > MAX_REASON:
        raise Refused(_("At most 500 characters."), "reason")
    SeverityChange.objects.create(
        incident=incident, at=now, from_severity=before, to_severity=severity, by=by.user, reason=reason
    )
    incident.severity = severity
    if raised:
        incident.declared_at = incident.declared_at or now
    incident.save()
    text = _("Severity %(from)s → %(to)s.") % {"from": before.level, "to": severity.level}
    timeline.add(incident, TimelineEntry.Kind.SEVERITY, f"{text} {reason}".strip(), by, now)
    if incident.is_open and raised:
        page_again(incident, text, now)
        timeline.add_many(awareness.tell([incident], now))
    elif incident.is_open:
        _lower(incident, text, now)


def _lower(incident: Incident, text: str, now: datetime) -> None:
    holds = Holds([incident.service], now)
    incident.response_due_at = response_due_at(incident, holds.calendars, incident.opened_at)
    if incident.state == Incident.State.ACKNOWLEDGED:
        minutes = incident.severity.ack_timeout_minutes
        incident.ack_due_at = now + timedelta(minutes=minutes) if minutes else None
    update_pages(incident, now)
    if incident.severity.page == Severity.Paging.NEVER:
        paging.end(incident.subject, text, now, responders=False)
        incident.hold_until_at = None
    elif incident.state == Incident.State.TRIGGERED and incident.hold_until_at is None:
        hold = holds.hold(incident.service_id, incident.severity, now)
        if hold and paging.hold(incident.subject, hold.reason, now):
            incident.hold_until_at = hold.until_at
            timeline.add_many([held_entry(incident, hold, now)])
    incident.save()
