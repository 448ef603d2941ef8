"""The generic format, our own: an object or a list of objects, documented in the README."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from incidents.adapters import reading
from incidents.adapters.adapter import Adapter
from incidents.adapters.signal import Action, NewKey, Options, Parsed, Refusal, Signal

MAX_SIGNALS: Final = 1_000

_ACTIONS = ", ".join(Action)


class _RefusedError(Exception):
    """One event cannot be taken; the field at fault and a sentence."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def parse(payload: object, options: Options, new_key: NewKey) -> Parsed:
    """Each good event as a signal, each bad one named by its index.

    `summary` (required; cut to 1,024 characters), `dedup_key` (at most 255; made where missing, and required to
    acknowledge or resolve), `action` (trigger where missing), `severity`, `source`, `labels`, `values`, `links`
    (addresses or {"href", "text"}; others than http and https are left out), `started_at` (RFC 3339 with an offset).
    """
    parsed = Parsed()
    events = payload if isinstance(payload, list) else [payload]
    if not events:
        parsed.errors.append(Refusal(0, "", "The list is empty."))
    for index, event in enumerate(events[:MAX_SIGNALS]):
        try:
            parsed.signals.append(_signal(event, new_key))
        except _RefusedError as refused:
            parsed.errors.append(Refusal(index, refused.field, refused.message))
    if len(events) > MAX_SIGNALS:
        message = f"This event and those after it were not taken: at most {MAX_SIGNALS} in one request."
        parsed.errors.append(Refusal(MAX_SIGNALS, "", message))
    return parsed


def _signal(event: object, new_key: NewKey) -> Signal:
    if not isinstance(event, dict):
        raise _RefusedError("", "An event is a JSON object.")
    action = _action(event.get("action"))
    return Signal(
        action=action,
        title=_summary(event.get("summary")),
        dedup_key=_dedup_key(event.get("dedup_key"), action, new_key),
        severity=reading.one_line(event.get("severity"), reading.MAX_WORD).lower(),
        source=reading.one_line(event.get("source"), reading.MAX_SOURCE),
        labels=reading.text_map(_object(event, "labels")),
        values=reading.text_map(_object(event, "values")),
        links=_links(event.get("links")),
        started_at=_started_at(event.get("started_at")),
    )


def _action(value: object) -> Action:
    if value is None:
        return Action.TRIGGER
    try:
        return Action(value)  # type: ignore[arg-type]  # anything but one of the three words raises
    except ValueError:
        raise _RefusedError("action", f"One of {_ACTIONS}.") from None


def _summary(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _RefusedError("summary", "Required: one line of text that says what is wrong.")
    return reading.one_line(value, reading.MAX_TITLE)


def _dedup_key(value: object, action: Action, new_key: NewKey) -> str:
    if value is None or value == "":
        if action is not Action.TRIGGER:
            raise _RefusedError("dedup_key", f"Required to {action}: the key that the alert was triggered with.")
        return new_key()
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _RefusedError("dedup_key", "Text of at most 255 characters.")
    key = str(value)
    if len(key) > reading.MAX_DEDUP_KEY:
        raise _RefusedError("dedup_key", "At most 255 characters.")
    return key


def _object(event: Mapping[str, object], name: str) -> object:
    value = event.get(name)
    if value is not None and not isinstance(value, dict):
        raise _RefusedError(name, "An object of names and values.")
    return value


def _links(value: object) -> list[reading.Link]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _RefusedError("links", 'A list of addresses or of {"href": …, "text": …}.')
    return reading.links((link, "") if isinstance(link, str) else _pair(link) for link in value)


def _pair(link: object) -> tuple[object, object]:
    named = reading.as_mapping(link)
    return named.get("href"), named.get("text")


def _started_at(value: object) -> datetime | None:
    if value is None or value == "":
        return None
    started_at = reading.instant(value)
    if started_at is None:
        raise _RefusedError("started_at", "An RFC 3339 instant with an offset, such as 2026-01-05T10:00:00Z.")
    return started_at


ADAPTER = Adapter(parse)
