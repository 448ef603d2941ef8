"""What keeps the page fresh: a stamp over the rows it shows, so that an unchanged page costs three queries."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest

from incidents.admin.incident import pages
from incidents.models import Incident
from oncall.models import Notification, Page

EVERY_SECONDS: Final = 60  # ages and plans grow old without any row changing


def stamp(request: HttpRequest, incident: Incident, now: datetime) -> str:
    """The ETag of what the page says now. Two queries, beside the incident (of `reading.rows`)."""
    return of_rows(request, incident, pages.page_rows(incident), pages.message_rows(incident), now)


def of_rows(
    request: HttpRequest,
    incident: Incident,
    page_rows: Iterable[Page],
    messages: Iterable[Notification],
    now: datetime,
) -> str:
    """The same of rows at hand. It depends on who reads and what they ask for; entries are only ever added."""
    shown: Any = incident
    parts: list[object] = [
        request.user.pk,
        request.META.get("QUERY_STRING", ""),
        int(now.timestamp()) // EVERY_SECONDS,
        *(incident.state, incident.severity_id, incident.private, incident.title, incident.acknowledged_by_id),
        *(incident.alert_count, shown.open_alerts, shown.alert_seen_at, shown.last_entry, shown.has_related),
    ]
    parts += [(p.pk, p.state, p.round, p.step, p.due_at, p.held_at, p.hold_reason) for p in page_rows]
    parts += [(row.pk, row.state, row.sent_at, row.reason) for row in messages]
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'
