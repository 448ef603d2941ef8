"""System checks: what would make the pager fail is said before it does."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.db import DatabaseError, connection
from django_celery_beat.models import PeriodicTask

from incidentops.beat import JOBS


@register("database")
def jobs_are_enabled(app_configs: Any, databases: Any = None, **_: Any) -> list[CheckMessage]:
    """A click in the beat admin must not silence the pager for ever."""
    if not databases:
        return []
    try:
        off = PeriodicTask.objects.filter(name__in=[job.task for job in JOBS], enabled=False)
        names = sorted(off.values_list("name", flat=True))
    except DatabaseError:
        return []  # not migrated yet
    return [
        Error(
            f"The job {name} is switched off: the pager does not work without it.",
            hint="Switch it on in the console under Periodic tasks.",
            id="incidentops.E001",
        )
        for name in names
    ]


@register
def somebody_hears_the_fallback(app_configs: Any, **_: Any) -> list[CheckMessage]:
    if settings.FALLBACK_CHANNEL_URL or not settings.PRODUCTION:
        return []
    return [
        Warning("FALLBACK_CHANNEL_URL is not set.", hint="Write mailto:… or an apprise address.", id="incidentops.W001")
    ]


@register("database")
def connections_suffice(app_configs: Any, databases: Any = None, **_: Any) -> list[CheckMessage]:
    """Each thread of a web process keeps a connection of its own, and so does each of a worker."""
    if not databases or connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        allowed = int(cursor.fetchone()[0])
    needed = settings.WEB_PROCESSES * (settings.WEB_THREADS + settings.SENDER_THREADS) + settings.WORKER_CONNECTIONS
    if needed <= allowed - 10:
        return []
    return [
        Error(
            f"Web and workers may open {needed} connections; PostgreSQL allows {allowed}.",
            hint="Raise max_connections in PostgreSQL, or lower WEB_PROCESSES or WEB_THREADS.",
            id="incidentops.E002",
        )
    ]
