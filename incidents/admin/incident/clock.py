"""The response clock in words: how long until somebody must have answered, or how long it took."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from incidents.admin.shapes import clock_face
from incidents.models import Incident
from oncall.admin.base import lasting

SOON = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Clock:
    """`words`, then `face` where it still runs: towards or away from `ticks_at`. `tone` is a badge's."""

    words: str
    tone: str
    face: str = ""
    ticks_at: datetime | None = None


def clock(incident: Incident, now: datetime) -> Clock:
    """Where the incident (its severity loaded) stands against its severity's response time."""
    due = incident.response_due_at
    if incident.acknowledged_at is not None:
        return _answered(incident, incident.acknowledged_at, due)
    if not incident.is_open:
        over = incident.resolved_at or now
        return Clock(_("Over after %(span)s") % {"span": lasting(over - incident.opened_at)}, "muted")
    if due is None:
        return Clock(_("No response time"), "muted")
    if due >= now:
        tone = "warn" if due - now <= SOON else "info"
        return Clock(_("Response due in"), tone, clock_face(due - now), due)
    return Clock(_("Response overdue by"), "bad", clock_face(now - due), due)


def _answered(incident: Incident, at: datetime, due: datetime | None) -> Clock:
    minutes = incident.severity.response_minutes
    # A raise or a reopening starts the clock anew: it counts from there, not from the opening.
    began = due - timedelta(minutes=minutes) if due and minutes else incident.opened_at
    said = {"span": lasting(max(at - began, timedelta(0))), "target": _target(incident)}
    if due is None:
        return Clock(_("Acknowledged after %(span)s") % said, "ok")
    if at <= due:
        return Clock(_("Acknowledged after %(span)s, target %(target)s") % said, "ok")
    said["late"] = lasting(at - due)
    return Clock(_("Acknowledged after %(span)s, %(late)s late (target %(target)s)") % said, "warn")


def _target(incident: Incident) -> str:
    if incident.severity.response_next_business_day:
        return _("next business day")
    return lasting(timedelta(minutes=incident.severity.response_minutes or 0))
