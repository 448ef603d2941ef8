"""Is it alive, is it ready: /healthz and /readyz."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from incidentops.health.terms import database_away, engine_terms


def healthz(request: HttpRequest) -> HttpResponse:
    """The web process answers; asks nobody."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when everything that paging needs works, else 503; names each failing term."""
    try:
        connection.ensure_connection()
        terms = engine_terms(timezone.now())
    except DatabaseError:
        terms = [database_away()]
    failing = [{"term": term.name, "detail": term.detail} for term in terms if not term.ok]
    answer = JsonResponse({"ready": not failing, "failing": failing}, status=503 if failing else 200)
    # An answer, not a fault of ours: a probe that asks each second must not fill the log while a worker starts.
    answer._has_been_logged = True  # type: ignore[attr-defined]
    return answer
