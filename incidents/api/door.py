"""Senders' requests go straight to their views: sessions, languages and compression are for people."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from incidents.api.ingest import unknown

_PREFIXES: Final = ("/api/v1/ingest/", "/v2/enqueue")


class SendersDoor:
    """First of the middleware. Accepting costs one statement; a stray cookie must not make it more."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(_PREFIXES):
            return self.get_response(request)
        try:
            match = resolve(request.path_info, "incidents.api.senders")
        except Resolver404:
            return unknown()  # by us, so that no log names a path that may hold a key
        made: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return made
