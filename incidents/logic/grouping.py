"""Which incident a new alert belongs to: it joins the service's open one while that is young, else it opens its own."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

Id = TypeVar("Id", bound=Hashable)


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert without an incident. `key` is whatever the caller knows it by."""

    key: Hashable
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class OpenIncident(Generic[Id]):
    """An open incident (acknowledged and mitigated ones too) of the service.

    `latest_alert_at` is the first_seen_at of its newest alert; for one declared by hand, when it was declared.
    """

    id: Id
    latest_alert_at: datetime


@dataclass(slots=True)
class Group(Generic[Id]):
    """Alerts for one incident: `incident_id`, or None for an incident to be opened by the first of them."""

    incident_id: Id | None
    latest_alert_at: datetime
    alerts: list[NewAlert] = field(default_factory=list)


def decide(alerts: Sequence[NewAlert], incidents: Sequence[OpenIncident[Id]], grouping_minutes: int) -> list[Group[Id]]:
    """Place one service's new alerts, in the given order; only incidents that get an alert are returned.

    An alert joins the incident whose latest alert is the youngest, if that is younger than `grouping_minutes` (0:
    never), age counted between first_seen_at instants. What an earlier alert of the batch opened or refreshed counts
    for the later ones.
    """
    window = timedelta(minutes=grouping_minutes)
    candidates = [Group(incident.id, incident.latest_alert_at) for incident in incidents]
    changed: list[Group[Id]] = []
    for alert in alerts:
        group = max(candidates, key=lambda candidate: candidate.latest_alert_at, default=None)
        # An alert that was received before the incident's latest one counts as young, but with a window of 0 none is.
        if group is None or not window or alert.first_seen_at - group.latest_alert_at >= window:
            group = Group(None, alert.first_seen_at)
            candidates.append(group)
        if not group.alerts:
            changed.append(group)
        group.alerts.append(alert)
        group.latest_alert_at = max(group.latest_alert_at, alert.first_seen_at)
    return changed
