"""What the messages of an incident say."""

from collections.abc import Iterable, Sequence
from typing import Final

from django.utils.translation import gettext as _

from incidents.lifecycle import audience
from incidents.models import Alert, Incident, Service, Severity
from oncall.paging import PageContent

MAX_FACTS: Final = 12
MAX_LINKS: Final = 8
MAX_VALUE: Final = 200
MAX_ALERTS: Final = 3  # whose labels and values are told


def content(incident: Incident, alerts: Sequence[Alert] | None = None) -> PageContent:
    """What messages and the phone page say of the incident, at most 12 facts: measured values first, then labels.

    The alerts given, else the incident's own, the most severe and newest first. A private incident's content carries
    everybody who may see it.
    """
    people = audience.of([incident.pk])[incident.pk] if incident.private else frozenset()
    return of_rows(
        incident, incident.service, incident.severity, _telling(incident) if alerts is None else alerts, people
    )


def of_rows(
    incident: Incident, service: Service, severity: Severity, alerts: Sequence[Alert], people: frozenset[int]
) -> PageContent:
    """The same from rows at hand, without a query (an alert's severity is read only where several are given)."""
    telling = _worst_first(alerts)[:MAX_ALERTS]
    return PageContent(
        incident.title,
        severity.level,
        severity.rank,
        severity.urgency,
        service.name,
        incident.started_at,
        tuple(_facts(incident, telling)),
        tuple(_links(service, telling)),
        incident.private,
        people,
    )


def _telling(incident: Incident) -> list[Alert]:
    """Open alerts before resolved ones."""
    known = incident.alerts.select_related("severity").order_by("severity__rank", "-last_seen_at", "-pk")
    return list(known.filter(resolved_at=None)[:MAX_ALERTS]) or list(known[:MAX_ALERTS])


def _worst_first(alerts: Sequence[Alert]) -> list[Alert]:
    if len(alerts) < 2:
        return list(alerts)
    newest = sorted(alerts, key=lambda alert: alert.last_seen_at, reverse=True)
    return sorted(newest, key=lambda alert: alert.severity.rank)


def _facts(incident: Incident, alerts: Iterable[Alert]) -> list[dict[str, str]]:
    named: dict[str, str] = {}
    alerts = list(alerts)
    for pairs in [*(alert.values for alert in alerts), *(alert.labels for alert in alerts)]:
        for label, value in pairs.items():
            # Measured values win over labels of the same name, the worst alert over the others.
            named.setdefault(str(label)[:100], str(value)[:MAX_VALUE])
    facts = [{"label": label, "value": value} for label, value in named.items()]
    if incident.alert_count > 1:
        facts.insert(0, {"label": _("alerts"), "value": str(incident.alert_count)})
    return [*facts[: MAX_FACTS - 1], {"label": _("incident"), "value": incident.number}]


def _links(service: Service, alerts: Iterable[Alert]) -> list[dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    if service.runbook_url:
        found[service.runbook_url] = {"href": service.runbook_url, "text": _("Runbook")}
    for alert in alerts:
        for link in alert.links:
            href = str(link.get("href", ""))
            if href.startswith(("https://", "http://")):
                found.setdefault(href, {"href": href, "text": str(link.get("text") or href)[:MAX_VALUE]})
    return list(found.values())[:MAX_LINKS]
