"""Somebody answers: acknowledge, escalate, page a person, pass on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from incidents import timeline
from incidents.lifecycle import audience, rights
from incidents.lifecycle.facts import content
from incidents.lifecycle.locks import locked, state_after
from incidents.lifecycle.refusals import Refused
from incidents.logic.states import Verb
from incidents.models import Incident, TimelineEntry
from oncall import paging
from oncall.models import User
from oncall.paging import Actor, NothingLeft, Outcome


@dataclass(frozen=True, slots=True)
class Taken:
    """An incident was taken, by a person or (`person_id` None) by a sender, at an aware UTC instant."""

    incident_id: int
    person_id: int | None
    at: datetime


def take(taken: Sequence[Taken]) -> set[int]:
    """Triggered incidents become acknowledged; whoever took them is a responder. Returns those that changed.

    A compare-and-set: of two that race only the first changes the row. The caller holds the pages' locks and writes
    the timeline.
    """
    changed = set()
    minutes = dict(
        Incident.objects.filter(pk__in=[one.incident_id for one in taken], state=Incident.State.TRIGGERED).values_list(
            "pk", "severity__ack_timeout_minutes"
        )
    )
    for one in taken:
        timeout = minutes.get(one.incident_id)
        row = Incident.objects.filter(pk=one.incident_id, state=Incident.State.TRIGGERED)
        if one.incident_id in minutes and row.update(
            state=Incident.State.ACKNOWLEDGED,
            acknowledged_at=one.at,
            acknowledged_by=one.person_id,
            ack_due_at=one.at + timedelta(minutes=timeout) if timeout else None,
            hold_until_at=None,
        ):
            changed.add(one.incident_id)
    for one in taken:
        if one.person_id is not None:
            audience.admit({one.incident_id: [one.person_id]}, one.at)
    return changed


def acknowledge(incident: Incident, by: Actor, now: datetime) -> tuple[Incident, Outcome]:
    """Take the incident: every message not yet sent stops. Acknowledging again is harmless and changes nothing.

    A person paged by hand answers so too, also once it is mitigated. Raises Refused (conflict) when it is over.
    """
    with locked(incident) as (fresh,):
        rights.check(fresh, by, rights.RESPOND, woken=True)
        if fresh.state != Incident.State.MITIGATED:
            state_after(fresh, Verb.ACKNOWLEDGE)
        outcome = take_over(fresh, by, now)
        fresh.refresh_from_db()
        return fresh, outcome


def take_over(incident: Incident, by: Actor, now: datetime) -> Outcome:
    """Acknowledge the pages of a locked incident, and thereby the incident; its row changes, not the instance.

    The receivers hear of it from the page. Where no page told them (there is none, or somebody has it), it is written
    down here: in both cases once.
    """
    outcome = paging.acknowledge(incident.subject, by, now)
    if take([Taken(incident.pk, by.user.pk if by.user else None, now)]):
        timeline.add(incident, TimelineEntry.Kind.ACKNOWLEDGED, _("Acknowledged."), by, now)
    return outcome


def escalate(incident: Incident, by: Actor, now: datetime) -> Incident:
    """Run the next step now, also while acknowledged. Raises Refused (conflict) when no step is left or it is over."""
    with locked(incident) as (fresh,):
        rights.check(fresh, by, rights.RESPOND, woken=True)
        state_after(fresh, Verb.ESCALATE)
        try:
            paging.escalate_now(fresh.subject, by, now)
        except NothingLeft as error:
            raise Refused(_("There is no step left to run; page somebody by name."), conflict=True) from error
        # Who asks for the next step now does not wait for working hours or the end of maintenance.
        fresh.hold_until_at = None
        fresh.save()
        timeline.add(fresh, TimelineEntry.Kind.PAGED, _("Escalated: the next step runs now."), by, now)
        return fresh


def page(incident: Incident, person: User, by: Actor, now: datetime) -> Incident:
    """Page one person every few minutes until they answer themselves. Raises Refused for somebody inactive."""
    if not person.is_active:
        raise Refused(_("%(name)s is not active.") % {"name": person}, "person")
    with locked(incident) as (fresh,):
        rights.check(fresh, by, rights.RESPOND)
        state_after(fresh, Verb.PAGE)
        audience.admit({fresh.pk: [person.pk]}, now)
        paging.add_responder(fresh.subject, content(fresh), person, by, now)
        text = _("%(name)s is paged until they answer.") % {"name": person}
        timeline.add(fresh, TimelineEntry.Kind.PAGED, text, by, now)
        return fresh


def pass_on(incident: Incident, by: Actor, now: datetime) -> Incident:
    """ "I cannot take it": the incident is nobody's again and the next step runs now. Raises Refused (conflict)."""
    with locked(incident) as (fresh,):
        rights.check(fresh, by, rights.RESPOND, woken=True)
        state_after(fresh, Verb.ESCALATE)
        try:
            paging.pass_on(fresh.subject, by, now)
        except NothingLeft as error:
            raise Refused(_("There is no step left to run; page somebody by name."), conflict=True) from error
        if fresh.state == Incident.State.ACKNOWLEDGED and _holds_it(fresh, by):
            fresh.state = Incident.State.TRIGGERED
            fresh.acknowledged_at = fresh.acknowledged_by = fresh.ack_due_at = None
        fresh.hold_until_at = None
        fresh.save()
        timeline.add(fresh, TimelineEntry.Kind.PAGED, _("Passed on: the next step runs now."), by, now)
        return fresh


def _holds_it(incident: Incident, by: Actor) -> bool:
    return by.user is not None and incident.acknowledged_by_id == by.user.pk
