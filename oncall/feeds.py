"""/calendars/<token>.ics: the token is the authority, as calendar programs cannot sign in."""

import hashlib

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from oncall import calendars


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar; a program that has it already is told so (304)."""
    found = calendars.find(token, timezone.now())
    if found is None:
        raise Http404
    body = calendars.body(found)
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="on-call.ics"'
    response["Cache-Control"] = "private, max-age=300"
    response["X-Robots-Tag"] = "noindex"
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response
