"""Which incident an alert belongs to: it joins the service's open one while that is young, else it opens its own."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents import lifecycle, timeline
from incidents.intake import known
from incidents.intake.folding import Arrival
from incidents.logic import grouping
from incidents.models import Alert, Incident, Integration, Service, Severity, TimelineEntry
from oncall import bulk
from oncall.paging import Actor

# Alerts beyond a key's limit join whatever is open on the service, however old.
WIDE_MINUTES: Final = 24 * 60


class Raced(Exception):  # noqa: N818 — it reads as what happened
    """An incident was resolved between reading and locking it: to be done again from the start."""


@dataclass(frozen=True, slots=True)
class Group:
    """Arrivals of one service for one incident: an open one, or (None) one to be opened."""

    incident: Incident | None
    arrivals: Sequence[Arrival]

    @property
    def first(self) -> Arrival:
        """The most severe, of these the first."""
        return min(self.arrivals, key=lambda arrival: (arrival.severity.rank, arrival.alert.first_seen_at))

    @property
    def latest_at(self) -> datetime:
        return max(arrival.alert.first_seen_at for arrival in self.arrivals)


def lock_services(ids: Collection[int]) -> dict[int, Service]:
    """The first of the locks: senders and verbs of one service queue here (DESIGN §5, lock order)."""
    rows = Service.every.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    return {row.pk: row for row in rows}


def place(
    arrivals: Sequence[Arrival], services: Mapping[int, Service], now: datetime, wide: Collection[int] = ()
) -> list[Group]:
    """Give every arrival its incident, in memory on the alert; opens incidents and counts what joined.

    The caller holds the locks of the services and saves the alerts. `wide`: services whose senders are beyond their
    limit. The statements do not grow with the arrivals. Raises Raced.
    """
    groups = _decide(arrivals, services, wide)
    joined = [group for group in groups if group.incident]
    opened = [Group(None, group.arrivals) for group in groups if not group.incident]
    joined = _locked(joined)
    incidents = lifecycle.open_many([_opening(group, before) for group, before in _with_previous(opened)], now)
    opened = [Group(incident, group.arrivals) for incident, group in zip(incidents, opened, strict=True)]
    for group in [*joined, *opened]:
        for arrival in group.arrivals:
            arrival.alert.incident = group.incident
    _count(joined)
    timeline.add_many([_joined_entry(group, now) for group in joined])
    return [*joined, *opened]


def settle(arrivals: Sequence[Arrival], services: Mapping[int, Service], now: datetime) -> None:
    """`place` for alerts that are rows already; a more severe one raises its incident."""
    if not arrivals:
        return
    groups = place(arrivals, services, now)
    for group in groups:
        incident = group.incident
        Alert.objects.filter(pk__in=[arrival.alert.pk for arrival in group.arrivals]).update(incident=incident)
        if incident and group.first.severity.rank < incident.severity.rank:
            raise_severity(incident, group.first.alert, group.first.severity, now)


def raise_severity(incident: Incident, alert: Alert, severity: Severity, now: datetime) -> Incident:
    """The incident becomes as severe as its alert, and pages again."""
    reason = _("alert: %(title)s") % {"title": alert.title[:400]}
    return lifecycle.set_severity(incident, severity, reason, sender(alert.integration), now)


def sender(integration: Integration | None) -> Actor:
    """Who did it, on the timeline: the integration."""
    return Actor(None, integration.name if integration else "", TimelineEntry.Source.SENDER)


def _decide(arrivals: Sequence[Arrival], services: Mapping[int, Service], wide: Collection[int]) -> list[Group]:
    by_service: dict[int, list[Arrival]] = {}
    for arrival in sorted(arrivals, key=lambda arrival: arrival.alert.first_seen_at):
        by_service.setdefault(arrival.alert.service_id, []).append(arrival)
    windows = {pk: WIDE_MINUTES if pk in wide else services[pk].grouping_minutes for pk in by_service}
    incidents = _open_incidents(by_service, windows)
    groups: list[Group] = []
    for pk, own in by_service.items():
        candidates = [grouping.OpenIncident(i.pk, _latest(i)) for i in incidents.values() if i.service_id == pk]
        new = [grouping.NewAlert(index, arrival.alert.first_seen_at) for index, arrival in enumerate(own)]
        for group in grouping.decide(new, candidates, windows[pk]):
            incident = incidents[group.incident_id] if group.incident_id is not None else None
            groups.append(Group(incident, [own[int(str(alert.key))] for alert in group.alerts]))
    return groups


def _open_incidents(by_service: Mapping[int, Sequence[Arrival]], windows: Mapping[int, int]) -> dict[int, Incident]:
    """The open incidents that are young enough for any of the arrivals; one query."""
    first_at = min((own[0].alert.first_seen_at for own in by_service.values()), default=None)
    if first_at is None or not any(windows.values()):
        return {}
    youngest = first_at - timedelta(minutes=max(windows.values()))
    rows = Incident.objects.open().filter(service__in=by_service, latest_alert_at__gt=youngest)
    return {row.pk: row for row in rows}


def _latest(incident: Incident) -> datetime:
    return incident.latest_alert_at or incident.opened_at


def _locked(groups: Sequence[Group]) -> list[Group]:
    """The same groups with their incidents locked (pages first, then incidents) and read anew. Raises Raced."""
    if not groups:
        return []
    with lifecycle.locked(*(group.incident for group in groups if group.incident)) as fresh:
        if not all(incident.is_open for incident in fresh):
            raise Raced
        return [Group(incident, group.arrivals) for incident, group in zip(fresh, groups, strict=True)]


def _with_previous(groups: Sequence[Group]) -> list[tuple[Group, int | None]]:
    """Each group to be opened, and the resolved incident that one of its keys had last."""
    keys = {(a.alert.integration_id or 0, a.alert.dedup_key) for group in groups for a in group.arrivals}
    last = known.last_incidents(keys)
    return [(group, _first_known(group.arrivals, last)) for group in groups]


def _first_known(arrivals: Iterable[Arrival], last: Mapping[known.Key, int]) -> int | None:
    found = (last.get((a.alert.integration_id or 0, a.alert.dedup_key)) for a in arrivals)
    return next((incident for incident in found if incident), None)


def _opening(group: Group, previous_id: int | None) -> lifecycle.Opening:
    first, count = group.first, len(group.arrivals)
    text = _("Opened: %(title)s") % {"title": first.alert.title}
    if count > 1:
        more = ngettext("%(count)d more alert", "%(count)d more alerts", count - 1) % {"count": count - 1}
        text = f"{text} ({more})"
    return lifecycle.Opening(
        service_id=first.alert.service_id,
        severity_id=first.severity.pk,
        title=first.alert.title,
        started_at=min(arrival.alert.started_at for arrival in group.arrivals),
        detected_at=min(arrival.alert.first_seen_at for arrival in group.arrivals),
        received_at=min(arrival.received_at for arrival in group.arrivals),
        previous_id=previous_id,
        opened_by=sender(first.alert.integration),
        alerts=[arrival.alert for arrival in group.arrivals],
        text=text,
    )


def _count(joined: Sequence[Group]) -> None:
    """What joined counts on the incident; the locks are held, so absolute values are right."""
    rows = []
    for group in joined:
        incident = group.incident
        if incident is None:
            continue
        incident.alert_count += len(group.arrivals)
        incident.latest_alert_at = max(_latest(incident), group.latest_at)
        rows.append((incident.pk, incident.alert_count, incident.latest_alert_at))
    bulk.update(Incident, ("id",), ("alert_count", "latest_alert_at"), rows)


def _joined_entry(group: Group, now: datetime) -> timeline.NewEntry:
    """One line per batch, however many joined."""
    count, first = len(group.arrivals), group.first.alert
    text = ngettext("Alert joined: %(title)s", "%(count)d alerts joined, among them: %(title)s", count)
    said = text % {"count": count, "title": first.title}
    incident_id = group.incident.pk if group.incident else 0
    return timeline.entry(
        incident_id, TimelineEntry.Kind.ALERT, said, sender(first.integration), now, min(group.latest_at, now)
    )
