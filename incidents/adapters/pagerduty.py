"""PagerDuty Events API v2: its events and, word for word, its answers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from incidents.adapters import reading
from incidents.adapters.adapter import Adapter
from incidents.adapters.answers import Answer, Answers
from incidents.adapters.body import BodyError
from incidents.adapters.signal import Action, NewKey, Options, Parsed, Refusal, Signal

ROUTING_KEY_LENGTH: Final = 32
SEVERITIES: Final = ("critical", "warning", "error", "info")


def parse(payload: object, options: Options, new_key: NewKey) -> Parsed:
    """The one event, or every fault of it; the contract is PagerDuty's "Send an alert event"."""
    if not isinstance(payload, dict):
        return Parsed(errors=[Refusal(0, "", "Event must be a JSON object")])
    errors = _faults(payload, options)
    return Parsed(errors=errors) if errors else Parsed([_signal(payload, new_key)])


def routing_key(payload: object) -> str:
    """The key that the body carries, "" where there is none."""
    key = reading.as_mapping(payload).get("routing_key")
    return key if isinstance(key, str) else ""


def _faults(event: Mapping[str, object], options: Options) -> list[Refusal]:
    faults = [_required(event, "routing_key") or _routing_key_fault(event)] if options.key_in_body else []
    faults.append(_required(event, "event_action") or _one_of(event, "event_action", tuple(Action)))
    faults.append(_dedup_key_fault(event))
    if event.get("event_action") == Action.TRIGGER:
        faults.extend(_payload_faults(event.get("payload")))
    return [Refusal(0, *fault) for fault in faults if fault]


def _routing_key_fault(event: Mapping[str, object]) -> tuple[str, str] | None:
    if len(reading.as_text(event["routing_key"])) == ROUTING_KEY_LENGTH:
        return None
    return "routing_key", f"Length of 'routing_key' is incorrect (should be {ROUTING_KEY_LENGTH} characters)"


def _dedup_key_fault(event: Mapping[str, object]) -> tuple[str, str] | None:
    if event.get("event_action") in (Action.ACKNOWLEDGE, Action.RESOLVE):
        missing = _required(event, "dedup_key")
        if missing:
            return missing
    key = event.get("dedup_key")
    if key is not None and (isinstance(key, bool) or not isinstance(key, str | int)):
        return "dedup_key", "'dedup_key' must be a string"
    return _too_long("dedup_key", key, reading.MAX_DEDUP_KEY)


def _payload_faults(payload: object) -> list[tuple[str, str] | None]:
    if not isinstance(payload, dict):
        return [("payload", "'payload' is missing or blank" if payload is None else "'payload' must be an object")]
    return [
        _required(payload, "summary", "payload."),
        _too_long("payload.summary", payload.get("summary"), reading.MAX_TITLE),
        _required(payload, "source", "payload."),
        _required(payload, "severity", "payload.") or _one_of(payload, "severity", SEVERITIES, "payload."),
    ]


def _required(fields: Mapping[str, object], name: str, prefix: str = "") -> tuple[str, str] | None:
    value = fields.get(name)
    if isinstance(value, bool | dict | list):
        return prefix + name, f"'{prefix}{name}' must be a string"
    if not reading.as_text(value).strip():
        return prefix + name, f"'{prefix}{name}' is missing or blank"
    return None


def _one_of(fields: Mapping[str, object], name: str, words: Sequence[str], prefix: str = "") -> tuple[str, str] | None:
    if fields.get(name) in words:
        return None
    listed = ", ".join(f"'{word}'" for word in words[:-1])
    message = f"'{prefix}{name}' is invalid (must be one of the following: {listed} or '{words[-1]}')"
    return prefix + name, message


def _too_long(name: str, value: object, limit: int) -> tuple[str, str] | None:
    if len(reading.as_text(value)) <= limit:
        return None
    return name, f"'{name}' is too long (maximum is {limit} characters)"


def _signal(event: Mapping[str, object], new_key: NewKey) -> Signal:
    payload = reading.as_mapping(event.get("payload"))
    return Signal(
        action=Action(reading.as_text(event["event_action"])),
        title=reading.one_line(payload.get("summary"), reading.MAX_TITLE),
        dedup_key=reading.as_text(event.get("dedup_key")) or new_key(),
        severity=reading.one_line(payload.get("severity"), reading.MAX_WORD).lower(),
        source=reading.one_line(payload.get("source"), reading.MAX_SOURCE),
        labels=_labels(event, payload),
        values=_details(payload.get("custom_details")),
        links=reading.links(_pairs(event)),
        started_at=reading.instant(payload.get("timestamp"), naive_is_utc=True),
    )


def _labels(event: Mapping[str, object], payload: Mapping[str, object]) -> dict[str, str]:
    named = {name: payload.get(name) for name in ("component", "group", "class")}
    return {name: text for name, text in reading.text_map({**named, "client": event.get("client")}).items() if text}


def _details(details: object) -> dict[str, str]:
    if details is None or isinstance(details, dict):
        return reading.text_map(details)
    return reading.text_map({"details": details})


def _pairs(event: Mapping[str, object]) -> list[tuple[object, object]]:
    pairs: list[tuple[object, object]] = [(event.get("client_url"), event.get("client"))]
    for link in map(reading.as_mapping, reading.as_list(event.get("links"))):
        pairs.append((link.get("href"), link.get("text")))
    for image in map(reading.as_mapping, reading.as_list(event.get("images"))):
        pairs.append((image.get("href") or image.get("src"), image.get("alt") or "image"))
    return pairs


class EventsV2Answers(Answers):
    """PagerDuty's published answers: {"status", "message", "dedup_key" or "errors"}; a bad key is a 400."""

    def taken(self, parsed: Parsed) -> Answer:
        """202 with the dedup key, or 400 with every fault."""
        if not parsed.signals:
            return _invalid([error.message for error in parsed.errors])
        key = parsed.signals[0].dedup_key
        return Answer(202, {"status": "success", "message": "Event processed", "dedup_key": key})

    def malformed(self, error: BodyError) -> Answer:
        """400 "Unrecognized object"."""
        return _answer(
            400, "Unrecognized object", "Event object format is unrecognized", [f"JSON parse error: {error}"]
        )

    def bad_key(self) -> Answer:
        """400, never 401: that is how its clients learn of a wrong routing key."""
        return _invalid(["'routing_key' is unknown or disabled"])

    def forged(self, reason: str) -> Answer:
        """400 in its own shape, as for a wrong key."""
        return _invalid([reason])

    def too_large(self, limit_bytes: int) -> Answer:
        """413: more than `limit_bytes`."""
        return _answer(413, "invalid event", "Event object is too large", [f"Maximum is {limit_bytes} bytes"])

    def unsupported(self) -> Answer:
        """415: an encoding that is not read."""
        return _answer(415, "Unrecognized object", "Event object format is unrecognized", ["Send plain JSON"])

    def throttled(self, retry_after_seconds: int) -> Answer:
        """429, which its clients expect and repeat."""
        message = "Requests for this service are arriving too quickly. Please retry later."
        return _later(429, "throttle exceeded", message, retry_after_seconds)

    def unavailable(self, retry_after_seconds: int) -> Answer:
        """503: nothing was stored; send again after `retry_after_seconds`."""
        return _later(503, "unavailable", "The event could not be stored. Please retry later.", retry_after_seconds)


def _answer(status: int, word: str, message: str, errors: list[str]) -> Answer:
    body: dict[str, Any] = {"status": word, "message": message, "errors": errors}
    return Answer(status, body)


def _invalid(errors: list[str]) -> Answer:
    return _answer(400, "invalid event", "Event object is invalid", errors)


def _later(status: int, word: str, message: str, retry_after_seconds: int) -> Answer:
    answer = _answer(status, word, message, [message])
    answer.headers["Retry-After"] = str(retry_after_seconds)
    return answer


ADAPTER = Adapter(parse, answers=EventsV2Answers())
