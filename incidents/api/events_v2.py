"""/v2/enqueue: PagerDuty's Events API v2, for clients that know only that."""

from http import HTTPStatus
from typing import Final

from django.http import HttpRequest

from incidents import integrations
from incidents.adapters import Options
from incidents.adapters.answers import Answer
from incidents.adapters.pagerduty import ADAPTER, routing_key
from incidents.api import receiving

FORMAT: Final = "pagerduty"


@receiving.door
def enqueue(request: HttpRequest) -> receiving.Begun:
    """One event; the routing key is in the body, and authorization headers are ignored (INTERFACE §3)."""
    if request.method != "POST":
        status = HTTPStatus.METHOD_NOT_ALLOWED
        said = {"status": "invalid event", "message": status.phrase, "errors": ["Send it with POST"]}
        return receiving.response(Answer(int(status), said, {"Allow": "POST"}))
    return receiving.begun(ADAPTER.answers, lambda: _receive(request))


def _receive(request: HttpRequest) -> Answer | receiving.Held:
    received = receiving.read(request, ADAPTER)
    parsed = ADAPTER.parse(received.payload, Options(key_in_body=True), receiving.new_key)
    if not parsed.signals:
        return ADAPTER.answers.taken(parsed)
    sender = integrations.find(routing_key(received.payload), FORMAT)
    if sender is None:
        return ADAPTER.answers.bad_key()
    signed = receiving.signed(request, ADAPTER, sender, received)
    receiving.throttle(ADAPTER, sender)
    return receiving.take(ADAPTER, sender, parsed, signed)
