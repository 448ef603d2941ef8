"""Pages of incidents: under which policy, held until when, and once more after they were triggered again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from incidents import timeline
from incidents.lifecycle.facts import content
from incidents.lifecycle.holding import Hold, Holds
from incidents.lifecycle.response import response_due_at
from incidents.models import Incident, Severity, SeverityPolicy, TimelineEntry
from oncall import paging


@dataclass(frozen=True, slots=True)
class Wanted:
    """An incident (its service, team and severity loaded) that wants somebody, and what the messages say of it."""

    incident: Incident
    content: paging.PageContent
    opened_at: datetime


def open_pages(wanted: Sequence[Wanted], holds: Holds, now: datetime) -> list[timeline.NewEntry]:
    """Open the pages of many incidents under their severities' policies, set-based.

    Sets `hold_until_at` on the incidents given, unsaved; returns the timeline entries to be written. A severity that
    never pages gets none; a service without a policy gets a page that tells the fallback at once.
    """
    paged = [want for want in wanted if want.incident.service.canary or _pages(want.incident)]
    policies = _policies(want.incident for want in paged)
    requests, entries = [], []
    for want in paged:
        incident = want.incident
        canary = incident.service.canary
        hold = None if canary else holds.hold(incident.service_id, incident.severity, now)
        incident.hold_until_at = hold.until_at if hold else None
        if hold:
            entries.append(held_entry(incident, hold, now))
        policy = policies.get((incident.service_id, incident.severity_id), incident.service.escalation_policy_id)
        requests.append(
            paging.PageRequest(
                subject=incident.subject,
                content=want.content,
                policy=policy,
                opened_at=want.opened_at,
                hold_reason=hold.reason if hold else "",
                canary=canary,
            )
        )
    if requests:
        paging.open_pages(requests, now)
    return entries


def page_again(incident: Incident, reason: str, now: datetime) -> None:
    """End what runs (save pages by hand) and page anew under the incident's present severity; nobody has it any more.

    The caller holds the locks, has set the severity, and the incident is saved here. `reason` is shown on
    the page that ended. The response clock starts again.
    """
    paging.end(incident.subject, reason, now, responders=False)
    holds = Holds([incident.service], now)
    incident.state = Incident.State.TRIGGERED
    for field in ("acknowledged_at", "acknowledged_by", "mitigated_at", "resolved_at", "closed_at"):
        setattr(incident, field, None)
    incident.ack_due_at = incident.hold_until_at = None
    incident.response_due_at = response_due_at(incident, holds.calendars, now)
    entries = open_pages([Wanted(incident, content(incident), now)], holds, now)
    incident.save()
    timeline.add_many(entries)


def update_pages(incident: Incident, now: datetime) -> None:
    """What later messages and the phone page say, and who may see them, follow the incident."""
    paging.update_page(incident.subject, content(incident), now)


def held_entry(incident: Incident, hold: Hold, now: datetime) -> timeline.NewEntry:
    """The line that says why nobody is paged yet."""
    text = _("Nobody is paged before %(until)s UTC: %(reason)s.") % {
        "until": f"{hold.until_at:%Y-%m-%d %H:%M}",
        "reason": hold.reason,
    }
    return timeline.entry(incident.pk, TimelineEntry.Kind.HELD, text, None, now)


def _pages(incident: Incident) -> bool:
    return incident.severity.page != Severity.Paging.NEVER


def _policies(incidents: Iterable[Incident]) -> dict[tuple[int, int], int]:
    services = {incident.service_id for incident in incidents}
    rows = SeverityPolicy.objects.filter(service__in=services) if services else SeverityPolicy.objects.none()
    return {
        (service, severity): policy
        for service, severity, policy in rows.values_list("service_id", "severity_id", "policy_id")
    }
