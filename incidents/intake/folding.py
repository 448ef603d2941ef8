"""A batch's signals become changes to alerts, in memory: which open, which repeat, which end, what incidents learn."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, cast

import orjson
from django.db import connection
from django.db.models import ForeignKey

from incidents.adapters.signal import Action, Signal
from incidents.intake import known
from incidents.intake.claims import Claim
from incidents.intake.levels import Levels
from incidents.logic import dedup
from incidents.logic.dedup import Incoming
from incidents.models import Alert, Integration, Service, Severity

_SIGNALS: Final = "SELECT id, CAST(signals AS text) FROM incidents_inboxitem WHERE id"
_RELATED: Final = ("integration", "service", "severity")
_COLUMNS: Final = [field.attname for field in Alert._meta.concrete_fields]
_RELATIONS: Final = [cast("ForeignKey[Any, Any]", Alert._meta.get_field(name)) for name in _RELATED]
MOST_ROUNDS: Final = 4  # of one batch; a key that flaps more often than that joins what is open


@dataclass(frozen=True, slots=True)
class Arrival:
    """An alert that wants an incident: as severe as it was when it came, its page opening as of `received_at`."""

    alert: Alert
    severity: Severity
    received_at: datetime


class News(StrEnum):
    """What an alert can tell its incident."""

    SEVERE = "severe"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Happening:
    """News of an alert; `severity` belongs to SEVERE."""

    kind: News
    alert: Alert
    at: datetime
    severity: Severity | None = None


@dataclass(slots=True)
class Changes:
    """What a batch does; nothing of it is written yet."""

    arrivals: list[Arrival] = field(default_factory=list)
    repeated: dict[int, Alert] = field(default_factory=dict)
    resolved: dict[int, Alert] = field(default_factory=dict)
    happenings: list[Happening] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Batch:
    """The signals of a claim by integration, in order of arrival, and what they are read against."""

    integrations: Mapping[int, Integration]
    services: Mapping[int, Service]
    levels: Levels
    incoming: Mapping[int, Sequence[Incoming[Signal]]]


def read(claim: Claim, services: Mapping[int, Service], levels: Levels) -> Batch:
    """Load the claim's signals. Raises KeyError, TypeError or ValueError for a row that holds something else."""
    signals = _signals([item.id for item in claim.items])
    incoming: dict[int, list[Incoming[Signal]]] = {pk: [] for pk in claim.integrations}
    for item in sorted(claim.items, key=lambda item: item.id):
        integration = claim.integrations[item.integration_id]
        service = services[integration.service_id]
        for data in signals.get(item.id, []):
            signal = Signal.from_json(data)
            rank = levels.of_word(signal.severity, integration, service).rank
            incoming[item.integration_id].append(Incoming(signal, item.received_at, rank))
    return Batch(claim.integrations, services, levels, incoming)


def _signals(pks: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """What these rows hold, by hand: the ORM's own reading of JSON, and of a list of keys, takes several times as
    long."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"{_SIGNALS} = ANY(%s)", [list(pks)])
        else:
            cursor.execute(f"{_SIGNALS} IN ({', '.join(['%s'] * len(pks))})", list(pks))
        return {pk: orjson.loads(signals) for pk, signals in cursor.fetchall()}


def rounds(batch: Batch) -> list[Batch]:
    """The batch in parts to be worked one after the other: what follows a key's resolve is in a later part.

    Else a key that ends and begins again in one batch would join the incident that its end resolves.
    """
    parts: list[dict[int, list[Incoming[Signal]]]] = []
    for pk, incoming in batch.incoming.items():
        ends: Counter[str] = Counter()
        for one in incoming:
            key = one.signal.dedup_key
            number = min(ends[key], MOST_ROUNDS - 1)
            while len(parts) <= number:
                parts.append({})
            parts[number].setdefault(pk, []).append(one)
            ends[key] += one.signal.action == Action.RESOLVE
    return [replace(batch, incoming=part) for part in parts]


def fold(batch: Batch) -> Changes:
    """Each dedup key's events against its open alert, read by one query."""
    keys = {pk: dedup.by_key(signals) for pk, signals in batch.incoming.items()}
    open_alerts = known.open_alerts([(pk, key) for pk, by_key in keys.items() for key in by_key])
    changes = Changes()
    for pk, by_key in keys.items():
        for key, signals in by_key.items():
            alert = open_alerts.get((pk, key))
            if alert:
                alert.integration = batch.integrations[pk]
            rank = dedup.OpenAlert(batch.levels.by_pk[alert.severity_id].rank) if alert else None
            _apply(dedup.fold(signals, rank), alert, batch.integrations[pk], batch, changes)
    return changes


def _apply(
    folded: Sequence[dedup.Change[Signal]], alert: Alert | None, integration: Integration, batch: Batch, out: Changes
) -> None:
    for change, at in zip(folded, _instants(folded), strict=True):
        match change:
            case dedup.Open():
                severity = batch.levels.by_rank[change.rank]
                alert = _alert(change, integration, batch.services[integration.service_id], severity)
                out.arrivals.append(Arrival(alert, severity, alert.first_seen_at))
                out.happenings.append(Happening(News.SEVERE, alert, at, severity))
            case dedup.Repeat() if alert:
                severity = batch.levels.by_rank[change.rank]
                _repeat(alert, change, severity, out)
                if change.raised:
                    out.happenings.append(Happening(News.SEVERE, alert, at, severity))
            case dedup.Acknowledge() if alert:
                out.happenings.append(Happening(News.ACKNOWLEDGED, alert, at))
            case dedup.Resolve() if alert:
                alert.resolved_at = change.resolved_at
                if alert.pk:
                    out.resolved[alert.pk] = alert
                out.happenings.append(Happening(News.RESOLVED, alert, at))
                alert = None


def _instants(folded: Sequence[dedup.Change[Signal]]) -> Iterator[datetime]:
    """When each change took effect: a Repeat counts later events too, but never after the change that follows it."""
    earliest: list[datetime] = []
    for change in reversed(folded):
        at = _instant(change)
        earliest.append(min(at, earliest[-1]) if earliest else at)
    return reversed(earliest)


def _instant(change: dedup.Change[Signal]) -> datetime:
    match change:
        case dedup.Open():
            return change.first.at
        case dedup.Repeat():
            return change.last_seen_at
        case dedup.Acknowledge():
            return change.at
        case dedup.Resolve():
            return change.resolved_at


def _alert(change: dedup.Open[Signal], integration: Integration, service: Service, severity: Severity) -> Alert:
    """By the order of its columns and with its relations put in place, which takes a third of the usual time."""
    signal, at = change.first.signal, change.first.at
    values: dict[str, Any] = {
        "integration_id": integration.pk,
        "service_id": service.pk,
        "dedup_key": signal.dedup_key,
        "title": signal.title or signal.dedup_key,
        "severity_id": severity.pk,
        "source": signal.source,
        "labels": signal.labels,
        "values": change.values,
        "links": signal.links,
        "count": change.count,
        "started_at": min(signal.started_at or at, at),  # a sender's clock may be ahead
        "first_seen_at": at,
        "last_seen_at": change.last_seen_at,
    }
    alert = Alert(*map(values.get, _COLUMNS))
    for relation, row in zip(_RELATIONS, (integration, service, severity), strict=True):
        relation.set_cached_value(alert, row)
    return alert


def _repeat(alert: Alert, change: dedup.Repeat, severity: Severity, out: Changes) -> None:
    """A repeat keeps the title; count, values and the last instant follow, and the severity where it rose."""
    alert.count += change.count
    alert.values = change.values or alert.values
    alert.last_seen_at = max(alert.last_seen_at, change.last_seen_at)
    if change.raised:
        alert.severity = severity
    if alert.pk:
        out.repeated[alert.pk] = alert


def unsilenced(changes: Changes) -> list[Arrival]:
    """The arrivals that want an incident now."""
    return [arrival for arrival in changes.arrivals if arrival.alert.silenced_until_at is None]
