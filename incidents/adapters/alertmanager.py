"""Prometheus Alertmanager's webhook, any version; Grafana's contact point sends the same shape with more links."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from incidents.adapters import reading
from incidents.adapters.adapter import Adapter
from incidents.adapters.signal import Action, NewKey, Options, Parsed, Refusal, Signal
from incidents.logic.severity import level_for, rank_of

_ACTIONS: Final = {"firing": Action.TRIGGER, "resolved": Action.RESOLVE}
# Alert fields and annotations that carry an address, with the words shown for it.
_ALERT_LINKS: Final = (
    ("panelURL", "Panel"),
    ("dashboardURL", "Dashboard"),
    ("generatorURL", "Graph"),
    ("silenceURL", "Silence"),
    ("imageURL", "Image"),
)
_ANNOTATION_LINKS: Final = (("runbook_url", "Runbook"), ("runbook", "Runbook"), ("dashboard_url", "Dashboard"))
_VALUE_ANNOTATIONS: Final = ("value", "description")


@dataclass(frozen=True, slots=True)
class _Alert:
    """One entry of `alerts`."""

    firing: bool
    labels: Mapping[str, object]
    annotations: Mapping[str, object]
    raw: Mapping[str, object]

    @property
    def name(self) -> str:
        return reading.one_line(self.labels.get("alertname"), reading.MAX_TITLE)

    @property
    def summary(self) -> str:
        return reading.one_line(self.annotations.get("summary"), reading.MAX_TITLE)


@dataclass(frozen=True, slots=True)
class _Group:
    """One notification: what its alerts share, and the alerts."""

    action: Action
    alerts: Sequence[_Alert]
    labels: Mapping[str, object]
    annotations: Mapping[str, object]
    raw: Mapping[str, object]

    @property
    def telling(self) -> Sequence[_Alert]:
        """The alerts that say how things stand: those firing, or all where none does."""
        return [alert for alert in self.alerts if alert.firing] or self.alerts


def parse(payload: object, options: Options, new_key: NewKey) -> Parsed:
    """One signal for the group, or with `per_alert` one for each alert; an empty list of alerts is nothing to do.

    A group is refused only for a `status` that is neither firing nor resolved and for missing `alerts`; entries that
    are no objects are named, the others taken.
    """
    if not isinstance(payload, dict):
        return Parsed(errors=[Refusal(0, "", "A notification is a JSON object.")])
    word, entries = payload.get("status"), payload.get("alerts")
    action = _ACTIONS.get(word) if isinstance(word, str) else None
    errors: list[Refusal] = []
    if action is None:
        errors.append(Refusal(0, "status", "One of firing, resolved."))
    if not isinstance(entries, list):
        errors.append(Refusal(0, "alerts", "Required: a list of alerts."))
    if action is None or not isinstance(entries, list) or errors:
        return Parsed(errors=errors)
    errors = [Refusal(i, "alerts", "An alert is an object.") for i, e in enumerate(entries) if not isinstance(e, dict)]
    alerts = [_alert(entry, action) for entry in entries if isinstance(entry, dict)]
    if not alerts:
        return Parsed(errors=errors)
    group = _group(payload, action, alerts)
    make = _each if options.per_alert else _whole
    return Parsed(list(make(group, options, new_key)), errors)


def _alert(entry: Mapping[str, object], action: Action) -> _Alert:
    word = entry.get("status")
    own = _ACTIONS.get(word, action) if isinstance(word, str) else action
    labels, annotations = (reading.as_mapping(entry.get(name)) for name in ("labels", "annotations"))
    return _Alert(own is Action.TRIGGER, labels, annotations, entry)


def _group(payload: Mapping[str, object], action: Action, alerts: Sequence[_Alert]) -> _Group:
    return _Group(
        action=action,
        alerts=alerts,
        labels=_common(payload.get("commonLabels"), [alert.labels for alert in alerts]),
        annotations=_common(payload.get("commonAnnotations"), [alert.annotations for alert in alerts]),
        raw=payload,
    )


def _common(given: object, each: Sequence[Mapping[str, object]]) -> Mapping[str, object]:
    """What the sender says is common; where it says nothing, what all alerts share."""
    if isinstance(given, dict):
        return given
    first, *others = each
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


def _whole(group: _Group, options: Options, new_key: NewKey) -> Iterator[Signal]:
    group_labels = reading.as_mapping(group.raw.get("groupLabels"))
    labels = reading.merged(reading.text_map(group.labels), reading.text_map(group_labels))
    words = [alert.labels.get("severity") or group.labels.get("severity") for alert in group.telling]
    yield Signal(
        action=group.action,
        title=_title(group, group_labels),
        dedup_key=_group_key(group, group_labels),
        severity=_worst(words, options),
        source=_source(group),
        labels=labels,
        values=_values(group.telling, group.annotations),
        links=_links(group, group.telling, group.annotations),
        started_at=_earliest(group.telling),
    )


def _each(group: _Group, options: Options, new_key: NewKey) -> Iterator[Signal]:
    for alert in group.alerts:
        yield Signal(
            action=Action.TRIGGER if alert.firing else Action.RESOLVE,
            title=alert.summary or _named(alert.name, alert.labels) or _fallback_title(group),
            dedup_key=_digest(_canonical(alert.labels)) if alert.labels else new_key(),
            severity=_worst([alert.labels.get("severity")], options),
            source=_source(group),
            labels=reading.text_map(alert.labels),
            values=_values([alert], alert.annotations),
            links=_links(group, [alert], alert.annotations),
            started_at=_earliest([alert]),
        )


def _group_key(group: _Group, group_labels: Mapping[str, object]) -> str:
    """Hex SHA-256 of groupKey, the value that Alertmanager's own PagerDuty sender uses."""
    key = reading.as_text(group.raw.get("groupKey"))
    return _digest(key or _canonical(group_labels or group.labels))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _canonical(labels: Mapping[str, object]) -> str:
    return json.dumps({name: reading.as_text(value) for name, value in labels.items()}, sort_keys=True)


def _title(group: _Group, group_labels: Mapping[str, object]) -> str:
    """The summary that all alerts share, else the name with what the group is grouped by: it holds for all of them."""
    summary = reading.one_line(group.annotations.get("summary"), reading.MAX_TITLE)
    name = reading.one_line(group.labels.get("alertname"), reading.MAX_TITLE)
    first = group.telling[0]
    lone = first.summary if len(group.telling) == 1 else ""
    return summary or lone or _named(name, group_labels) or first.summary or first.name or _fallback_title(group)


def _named(name: str, labels: Mapping[str, object]) -> str:
    shown = [f"{key}={reading.as_text(value)}" for key, value in labels.items() if key not in ("alertname", "severity")]
    return reading.one_line(f"{name} ({', '.join(shown)})" if shown else name, reading.MAX_TITLE) if name else ""


def _fallback_title(group: _Group) -> str:
    """Grafana's own title, a message, or at least where it came from."""
    for candidate in (group.raw.get("title"), group.annotations.get("description"), group.raw.get("message")):
        title = reading.one_line(candidate, reading.MAX_TITLE)
        if title:
            return title
    return reading.one_line(f"Alert from {_source(group) or 'Alertmanager'}", reading.MAX_TITLE)


def _worst(words: Iterable[object], options: Options) -> str:
    """The most severe of the alerts' own words, by the integration's map; a word it does not know counts as SEV-3."""
    named = [reading.one_line(word, reading.MAX_WORD).lower() for word in words]
    return min(filter(None, named), key=_rank(options.severity_map), default="")


def _rank(mapping: Mapping[str, str]) -> Callable[[str], int]:
    def rank(word: str) -> int:
        try:
            return rank_of(level_for(word, mapping))
        except ValueError:
            return rank_of("SEV-3")

    return rank


def _source(group: _Group) -> str:
    source = group.raw.get("externalURL") or group.raw.get("receiver")
    return reading.one_line(source, reading.MAX_SOURCE)


def _values(alerts: Sequence[_Alert], annotations: Mapping[str, object]) -> dict[str, str]:
    """Grafana's values of the first alert that has any, the annotations that hold figures, and how many are firing."""
    measured = next((alert.raw["values"] for alert in alerts if reading.as_mapping(alert.raw.get("values"))), None)
    said = {name: text for name in _VALUE_ANNOTATIONS if (text := annotations.get(name) or _first(alerts, name))}
    several = {"alerts": len(alerts)} if len(alerts) > 1 else {}
    return reading.merged(reading.text_map(said), reading.text_map(several), reading.text_map(measured))


def _first(alerts: Sequence[_Alert], annotation: str) -> object:
    return next((text for alert in alerts if (text := alert.annotations.get(annotation))), None)


def _links(group: _Group, alerts: Sequence[_Alert], annotations: Mapping[str, object]) -> list[reading.Link]:
    pairs: list[tuple[object, object]] = []
    for notes in (annotations, *(alert.annotations for alert in alerts)):
        pairs.extend((notes.get(name), text) for name, text in _ANNOTATION_LINKS)
    pairs.append((group.raw.get("externalURL"), "Alertmanager" if group.raw.get("version") != "1" else "Grafana"))
    for alert in alerts:
        pairs.extend((alert.raw.get(name), text) for name, text in _ALERT_LINKS)
    return reading.links(pairs)


def _earliest(alerts: Sequence[_Alert]) -> datetime | None:
    starts = (reading.instant(alert.raw.get("startsAt")) for alert in alerts)
    return min((start for start in starts if start), default=None)


ADAPTER = Adapter(parse)
