"""Senders' requests go straight to their views: sessions, languages and compression are for people."""

from collections.abc import Callable, Sequence
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from incidents.api import receiving
from incidents.api.ingest import unknown

_PREFIXES: Final = ("/api/v1/ingest/", "/v2/enqueue")


class SendersDoor:
    """First of the middleware. Accepting costs one statement; a stray cookie must not make it more."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return answers([request])[0] if is_senders(request.path_info) else self.get_response(request)


def is_senders(path: str) -> bool:
    """Whether the request is one for `answers`."""
    return path.startswith(_PREFIXES)


def answers(requests: Sequence[HttpRequest]) -> list[HttpResponse]:
    """Each request's answer. What they bring is committed together, before any of them is answered."""
    return receiving.settled([_begun(request) for request in requests])


def _begun(request: HttpRequest) -> receiving.Begun:
    try:
        match = resolve(request.path_info, "incidents.api.senders")
    except Resolver404:
        return unknown()  # by us, so that no log names a path that may hold a key
    begun: receiving.Begun = match.func.begin(request, *match.args, **match.kwargs)  # type: ignore[attr-defined]
    return begun
