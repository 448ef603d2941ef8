"""What incidents learn from their alerts: more severe, acknowledged by the sender, over."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import ngettext

from incidents import lifecycle, timeline
from incidents.intake.folding import Happening, News
from incidents.intake.routing import Group, raise_severity, sender
from incidents.models import Alert, Incident, Integration, TimelineEntry


def tell(happenings: Sequence[Happening], groups: Iterable[Group], now: datetime) -> None:
    """Pass news on in the order in which it happened. The alerts are written, their services locked."""
    known = _incidents(happenings, groups)
    ended: dict[int, list[Alert]] = {}
    for news in sorted(happenings, key=lambda news: news.at):
        incident = known.get(news.alert.incident_id or 0)
        if incident is None or not incident.is_open:
            continue
        if news.kind is News.RESOLVED:
            ended.setdefault(incident.pk, []).append(news.alert)
        else:
            known[incident.pk] = _pass_on(news, incident, now)
    timeline.add_many([_ended_entry(pk, alerts, now) for pk, alerts in ended.items()])
    _resolve({pk: alerts[-1].integration for pk, alerts in ended.items()}, known, now)


def _pass_on(news: Happening, incident: Incident, now: datetime) -> Incident:
    if news.kind is News.ACKNOWLEDGED:
        if incident.state != Incident.State.TRIGGERED:
            return incident
        return lifecycle.acknowledge(incident, sender(news.alert.integration), now)[0]
    if news.severity is None or news.severity.rank >= incident.severity.rank:
        return incident
    return raise_severity(incident, news.alert, news.severity, now)


def _incidents(happenings: Iterable[Happening], groups: Iterable[Group]) -> dict[int, Incident]:
    known = {group.incident.pk: group.incident for group in groups if group.incident}
    others = {news.alert.incident_id for news in happenings if news.alert.incident_id} - set(known)
    if others:
        known |= Incident.objects.select_related("severity", "service").in_bulk(others)
    return known


def _resolve(ended: dict[int, Integration | None], known: dict[int, Incident], now: datetime) -> None:
    """Incidents whose last open alert ended, where their service wants that."""
    if not ended:
        return
    burning = Alert.objects.filter(incident__in=ended, resolved_at=None).values_list("incident_id", flat=True)
    by_sender: dict[int | None, list[int]] = {}
    for pk in sorted(set(ended) - set(burning)):
        if known[pk].service.auto_resolve:
            integration = ended[pk]
            by_sender.setdefault(integration.pk if integration else None, []).append(pk)
    for over in by_sender.values():
        lifecycle.resolve_many([known[pk] for pk in over], sender(ended[over[0]]), now)


def _ended_entry(incident_id: int, alerts: Sequence[Alert], now: datetime) -> timeline.NewEntry:
    """One line per batch."""
    last, count = alerts[-1], len(alerts)
    text = ngettext("Alert resolved: %(title)s", "%(count)d alerts resolved, the last: %(title)s", count)
    said = text % {"count": count, "title": last.title}
    at = min(last.resolved_at or now, now)
    return timeline.entry(incident_id, TimelineEntry.Kind.ALERT, said, sender(last.integration), now, at)
