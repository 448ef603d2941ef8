"""An incident comes to its end: mitigated, resolved, closed, dismissed; or begins again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents import timeline
from incidents.lifecycle import rights
from incidents.lifecycle.answering import take_over
from incidents.lifecycle.locks import locked, state_after
from incidents.lifecycle.paging_out import page_again
from incidents.lifecycle.refusals import Refused
from incidents.logic.states import State, Verb
from incidents.models import Alert, Incident, TimelineEntry
from oncall import bulk, paging
from oncall.paging import Actor, Outcome
from oncall.text import one_line

MAX_REASON = 500
CLOCKS: Final = ("hold_until_at", "ack_due_at")  # what the engine still waits for


def mitigate(incident: Incident, by: Actor, now: datetime, kind: str = "") -> Incident:
    """The impact is over, the cause is not. Paging stops as by an acknowledgement. Raises Refused (kind, conflict)."""
    if kind and kind not in Incident.Mitigation.values:
        raise Refused(_("Write one of: %(kinds)s.") % {"kinds": ", ".join(Incident.Mitigation.values)}, "kind")
    with locked(incident) as (fresh,):
        rights.check(fresh, by, rights.RESPOND)
        state = state_after(fresh, Verb.MITIGATE)
        if fresh.state == State.TRIGGERED:
            take_over(fresh, by, now)
            fresh.refresh_from_db()
        fresh.state, fresh.mitigation, fresh.mitigated_at = state, kind, now
        fresh.ack_due_at = None
        fresh.save()
        how = f" ({fresh.get_mitigation_display()})" if kind else ""
        timeline.add(fresh, TimelineEntry.Kind.MITIGATED, _("Mitigated%(how)s.") % {"how": how}, by, now)
        return fresh


def resolve(incident: Incident, by: Actor, now: datetime, lesson: str = "") -> tuple[Incident, Outcome]:
    """It is over: everything that pages ends. Its open alerts count as resolved, so that a later trigger of theirs is
    a new alert. `lesson` is what was learned, in a sentence of at most 500 characters; nobody has to say one.
    Raises Refused (lesson; conflict when it was over before)."""
    lesson = one_line(lesson, MAX_REASON + 1)
    if len(lesson) > MAX_REASON:
        raise Refused(_("At most 500 characters."), "lesson")
    with locked(incident) as (fresh,):
        rights.check(fresh, by, rights.RESPOND, woken=True)
        state = state_after(fresh, Verb.RESOLVE)
        outcome = paging.resolve(fresh.subject, by, now)
        fresh.state, fresh.resolved_at = state, now
        fresh.lesson = lesson or fresh.lesson
        stop_clocks(fresh)
        fresh.save()
        learned = _("Learned: %(lesson)s") % {"lesson": lesson} if lesson else ""
        text = " ".join(part for part in (_("Resolved."), resolve_alerts(fresh, now), learned) if part)
        timeline.add(fresh, TimelineEntry.Kind.RESOLVED, text, by, now)
        return fresh, outcome


def resolve_many(incidents: Sequence[Incident], by: Actor, now: datetime) -> None:
    """`resolve` by a sender of what is over by itself: a bounded number of statements, however many there are.

    None of their alerts is open any more. Those that were over before are left as they are.
    """
    with locked(*incidents) as fresh:
        ending = [incident for incident in fresh if incident.is_open]
        paging.resolve_many([incident.subject for incident in ending], by, now)
        rows = [(incident.pk, state_after(incident, Verb.RESOLVE), now, None, None) for incident in ending]
        bulk.update(Incident, ("id",), ("state", "resolved_at", *CLOCKS), rows)
        kind, text = TimelineEntry.Kind.RESOLVED, _("Resolved.")
        timeline.add_many([timeline.entry(incident.pk, kind, text, by, now) for incident in ending])


def reopen(incident: Incident, reason: str, by: Actor, now: datetime) -> Incident:
    """It is not over: triggered and paged again. Raises Refused (reason; conflict when open, or merged away)."""
    reason = needed(reason)
    with locked(incident) as (fresh,):
        rights.check(fresh, by, rights.RESPOND)
        state_after(fresh, Verb.REOPEN)
        if fresh.merged_into_id is not None:
            raise Refused(_("It was merged; reopen the incident that it was merged into."), conflict=True)
        fresh.reopen_count += 1
        fresh.false_alarm, fresh.mitigation = False, ""
        timeline.add(fresh, TimelineEntry.Kind.REOPENED, _("Reopened: %(reason)s") % {"reason": reason}, by, now)
        page_again(fresh, _("The incident was reopened."), now)
        return fresh


def dismiss(incident: Incident, reason: str, by: Actor, now: datetime) -> Incident:
    """A false alarm: closed, nobody is paged any more. Raises Refused (reason, conflict)."""
    reason = needed(reason)
    with locked(incident) as (fresh,):
        rights.check(fresh, by, rights.RESPOND, woken=True)
        state = state_after(fresh, Verb.DISMISS)
        paging.end(fresh.subject, _("Dismissed as a false alarm."), now, responders=True)
        fresh.false_alarm = True
        over(fresh, state, now)
        said = (_("Dismissed as a false alarm: %(reason)s") % {"reason": reason}, resolve_alerts(fresh, now))
        timeline.add(fresh, TimelineEntry.Kind.DISMISSED, "\n".join(part for part in said if part), by, now)
        return fresh


def close(incident: Incident, by: Actor, now: datetime) -> Incident:
    """Nothing is left to do. Raises Refused (conflict) unless it is resolved."""
    with locked(incident) as (fresh,):
        rights.check(fresh, by, rights.COMMAND)
        over(fresh, state_after(fresh, Verb.CLOSE), now)
        timeline.add(fresh, TimelineEntry.Kind.CLOSED, _("Closed."), by, now)
        return fresh


def needed(reason: str) -> str:
    """A reason, cleaned. Raises Refused where there is none or it is longer than 500 characters."""
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say why."), "reason")
    if len(reason) > MAX_REASON:
        raise Refused(_("At most 500 characters."), "reason")
    return reason


def over(incident: Incident, state: State, now: datetime) -> None:
    """Save the incident as closed; its roles end."""
    incident.state, incident.closed_at = state, now
    incident.resolved_at = incident.resolved_at or now
    stop_clocks(incident)
    incident.save()
    incident.roles.filter(ends_at=None).update(ends_at=now)


def stop_clocks(incident: Incident) -> None:
    """Nothing of the engine is due any more. The caller saves."""
    for clock in CLOCKS:
        setattr(incident, clock, None)


def resolve_alerts(incident: Incident, now: datetime) -> str:
    """Mark the open alerts resolved; a sentence that says so, "" if there were none."""
    count = Alert.objects.filter(incident=incident, resolved_at=None).update(resolved_at=now, silenced_until_at=None)
    if not count:
        return ""
    return ngettext(
        "%(count)d alert that was still open counts as resolved.",
        "%(count)d alerts that were still open count as resolved.",
        count,
    ) % {"count": count}
