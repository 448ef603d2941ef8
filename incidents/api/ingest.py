"""/api/v1/ingest/<format>/: alerts in, each format by its adapter."""

from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse

from incidents import integrations
from incidents.adapters import FORMATS, Adapter
from incidents.adapters.answers import Answer
from incidents.adapters.pagerduty import routing_key
from incidents.api import receiving

HEARTBEAT: Final = "heartbeat"
PAGERDUTY: Final = "pagerduty"
_MASK: Final = "…"


@receiving.door
def ingest(request: HttpRequest, format: str, key: str = "") -> receiving.Begun:
    """One body of a sender: 202 once it is committed, else an answer in the sender's dialect (INTERFACE §3)."""
    hide(request, key)
    adapter = FORMATS.get(format)
    if adapter is None:
        return unknown()
    allowed = ("POST", "GET") if format == HEARTBEAT else ("POST",)
    if request.method not in allowed:
        answer = _problem(HTTPStatus.METHOD_NOT_ALLOWED, f"Send it with {allowed[0]}.")
        answer.headers["Allow"] = ", ".join(allowed)
        return receiving.response(answer)
    return receiving.begun(adapter.answers, lambda: _receive(request, format, adapter, key))


def hide(request: HttpRequest, key: str) -> None:
    """Whoever logs the request's path from here on logs no key."""
    if key:
        request.path = request.path.replace(key, _MASK)
        request.path_info = request.path_info.replace(key, _MASK)


def unknown() -> HttpResponse:
    """404 for a format that does not exist."""
    return receiving.response(_problem(HTTPStatus.NOT_FOUND, f"The formats are {', '.join(FORMATS)}."))


def _receive(request: HttpRequest, format: str, adapter: Adapter, key: str) -> Answer | receiving.Held:
    key = key or _header_key(request)
    received = None
    if not key and format == PAGERDUTY:
        received = receiving.read(request, adapter)
        key = routing_key(received.payload)
    sender = integrations.find(key, format)
    if sender is None:
        return adapter.answers.bad_key()
    received = received or receiving.read(request, adapter, sender)
    signed = receiving.signed(request, adapter, sender, received)
    parsed = adapter.parse(received.payload, sender.options, receiving.new_key)
    if format == PAGERDUTY and parsed.signals:
        receiving.throttle(adapter, sender)
    return receiving.take(adapter, sender, parsed, signed)


def _header_key(request: HttpRequest) -> str:
    """`Authorization: Token KEY`; Alertmanager's own word is Bearer."""
    scheme, _, key = request.headers.get("Authorization", "").strip().partition(" ")
    return key.strip() if scheme.lower() in ("token", "bearer") else ""


def _problem(status: HTTPStatus, detail: str) -> Answer:
    said = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
    return Answer(int(status), said, content_type="application/problem+json")
