"""Two incidents that are one problem."""

from datetime import datetime

from django.utils.translation import gettext as _

from incidents import timeline
from incidents.lifecycle import audience, rights
from incidents.lifecycle.ending import over
from incidents.lifecycle.locks import locked, state_after
from incidents.lifecycle.paging_out import update_pages
from incidents.lifecycle.refusals import Refused
from incidents.lifecycle.severity import change
from incidents.logic.severity import more_severe
from incidents.logic.states import Verb
from incidents.models import Alert, Incident, Responder, TimelineEntry
from oncall import paging
from oncall.paging import Actor


def merge(incident: Incident, into: Incident, by: Actor, now: datetime) -> Incident:
    """Close `incident` as a duplicate: its alerts, services and responders move to `into`, its pages end.

    `into` is raised where the other was more severe. Returns the closed one. Raises Refused (into, conflict).
    """
    if incident.pk == into.pk:
        raise Refused(_("An incident cannot be merged into itself."), "into")
    with locked(incident, into) as (source, target):
        for one in (source, target):
            rights.check(one, by, rights.COMMAND)
        state = state_after(source, Verb.MERGE)
        if not target.is_open:
            raise Refused(_("%(number)s is not open.") % {"number": target.number}, "into", conflict=True)
        if source.private and not target.private:
            raise Refused(_("This incident is private and the other is not."), "into", conflict=True)
        paging.end(source.subject, _("Merged into %(number)s.") % {"number": target.number}, now, responders=True)
        _move(source, target, now)
        source.merged_into = target
        over(source, state, now)
        _tell(source, target, by, now)
        if more_severe(source.severity.rank, target.severity.rank):
            reason = _("Merged with %(number)s.") % {"number": source.number}
            change(target, source.severity, reason, by, now)
        else:
            update_pages(target, now)
        return source


def _move(source: Incident, target: Incident, now: datetime) -> None:
    moved = Alert.objects.filter(incident=source).update(incident=target)
    target.alert_count += moved
    target.started_at = min(source.started_at, target.started_at)
    target.detected_at = min(source.detected_at, target.detected_at)
    latest = [at for at in (source.latest_alert_at, target.latest_alert_at) if at is not None]
    target.latest_alert_at = max(latest, default=None)
    target.save()
    target.services.add(*source.services.all())
    people = Responder.objects.filter(incident=source).values_list("person_id", flat=True)
    audience.admit({target.pk: list(people)}, now)


def _tell(source: Incident, target: Incident, by: Actor, now: datetime) -> None:
    text = _("Merged into %(number)s.") % {"number": target.number}
    timeline.add(source, TimelineEntry.Kind.MERGED, text, by, now)
    text = _("%(number)s was merged into this incident.") % {"number": source.number}
    timeline.add(target, TimelineEntry.Kind.MERGED, text, by, now)
