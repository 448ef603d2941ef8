"""Silences: which alerts they hold back, and which are let go when one ends or changes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import structlog
from django.db import transaction
from django.db.models import QuerySet

from incidents.intake.folding import Arrival
from incidents.intake.routing import lock_services, settle
from incidents.logic import silences as rules
from incidents.models import Alert, Service, Severity, Silence
from oncall import nudge

log = structlog.get_logger(__name__)

TASK: Final = "incidents.silences"
AT_ONCE: Final = 500
# A silence of a service without matchers holds for all its alerts: no label has an empty name.
_EVERYTHING: Final = (rules.Matcher("", "=", ""),)


class Silences:
    """The silences that have not ended, read and compiled once."""

    def __init__(self, rows: Iterable[Silence]) -> None:
        self._compiled = [(row.service_id, compiled) for row in rows if (compiled := _compiled(row))]

    @classmethod
    def load(cls, now: datetime) -> "Silences":
        """Future ones too: one that begins as another ends holds on."""
        return cls(Silence.objects.filter(ends_at__gt=now).order_by("starts_at", "pk"))

    def until(self, alert: Alert, service: Service, severity: Severity, now: datetime) -> datetime | None:
        """Until when (aware UTC) the alert is silenced, seen from `now`; None where it is not."""
        concerned = [rule for scope, rule in self._compiled if scope in (None, service.pk)]
        if not concerned:
            return None
        labels = rules.labels_of(
            alert.labels,
            service=service.slug,
            title=alert.title,
            severity=severity.level,
            source=alert.source,
            integration=alert.integration.name if alert.integration else "",
        )
        return rules.silenced_until(concerned, labels, now)


def silence(arrivals: Iterable[Arrival], services: Mapping[int, Service], now: datetime) -> None:
    """Note on each new alert until when it is silenced."""
    silences = Silences.load(now)
    for arrival in arrivals:
        alert = arrival.alert
        if services[alert.service_id].canary:
            continue  # a silence for every service is not for the watchdog's own
        alert.silenced_until_at = silences.until(alert, services[alert.service_id], arrival.severity, now)


def silence_changed(silence: Silence, now: datetime) -> int:
    """After a silence was edited, ended early or deleted: look again at what it may hold; how many it let go."""
    # Of every service: it may have been another's until now.
    services = sorted(set(_held().values_list("service_id", flat=True)))
    count = sum(look_again(_held().filter(service=service_id), now) for service_id in services)
    nudge.look(TASK)
    return count


def look_again(rows: QuerySet[Alert], now: datetime) -> int:
    """Alerts of `rows` that no silence holds any more get an incident, the others their new end; so many at a time, as
    a silence may have held a storm. Returns how many the former are."""
    count, last = 0, 0
    while some := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        count += _look_again(rows.filter(pk__in=some), now)
        last = some[-1]
    return count


def _look_again(rows: QuerySet[Alert], now: datetime) -> int:
    with transaction.atomic():
        services = lock_services(set(rows.values_list("service_id", flat=True)))
        # Read only now: whoever was first may have placed or resolved them.
        alerts = list(rows.select_related("integration", "severity").filter(service__in=services).order_by("pk"))
        silences = Silences.load(now)
        freed: list[Arrival] = []
        for alert in alerts:
            was = alert.silenced_until_at or now
            until = silences.until(alert, services[alert.service_id], alert.severity, now)
            alert.silenced_until_at = until
            if until is None:
                freed.append(Arrival(alert, alert.severity, max(alert.first_seen_at, min(was, now))))
        Alert.objects.bulk_update(alerts, ["silenced_until_at"], batch_size=200)
        settle(freed, services, now)
    return len(freed)


def _held() -> QuerySet[Alert]:
    return Alert.objects.filter(silenced_until_at__isnull=False, resolved_at=None, incident=None)


def ended(now: datetime) -> QuerySet[Alert]:
    """Open alerts whose silence is over and that have no incident yet."""
    return _held().filter(silenced_until_at__lte=now)


def _compiled(row: Silence) -> rules.Silence | None:
    try:
        matchers = rules.parse(row.matchers) if row.matchers.strip() else _EVERYTHING
    except rules.MatcherError as error:
        # The form refuses these; one that came another way must not stop every alert.
        log.warning("silence_unreadable", silence=row.pk, error=str(error))
        return None
    if not row.matchers.strip() and row.service_id is None:
        return None
    return rules.Silence(matchers, row.starts_at, row.ends_at)
