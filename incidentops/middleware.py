"""What every request passes: how it came, and in whose zone instants are shown."""

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone


class HowItCame:
    """Where the site is reached over TLS, a request of which no proxy says how it came is taken for one over TLS.

    Else a proxy that does not say it would be sent round in circles, and a probe beside us away: only whom the proxy
    says to have come by plain HTTP is led to https.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SECURE_PROXY_SSL_HEADER:
            name, word = settings.SECURE_PROXY_SSL_HEADER
            request.META.setdefault(name, word)
        return self.get_response(request)


class ReaderZone:
    """Activates the signed-in person's time zone for one request; strangers get UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = getattr(request.user, "timezone", "") if request.user.is_authenticated else ""
        try:
            zone = zoneinfo.ZoneInfo(name or "UTC")
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            zone = zoneinfo.ZoneInfo("UTC")
        with timezone.override(zone):
            return self.get_response(request)
