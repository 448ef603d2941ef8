"""What makes the page fresh again: a stamp over the rows it shows, so that an unchanged page costs little."""

import hashlib
from datetime import datetime
from typing import Final

from django.db.models import Count, Max, Sum
from django.http import HttpRequest

from incidents.models import Incident
from oncall.models import Notification, Page, StepRun

EVERY_SECONDS: Final = 60  # ages and plans grow old without any row changing


def stamp(request: HttpRequest, incident: Incident, now: datetime) -> str:
    """A strong ETag: what the page says does not change while it stays the same, save the running seconds.

    Five queries. It depends on who reads and what they ask for.
    """
    pages = Page.objects.filter(subject=incident.subject)
    parts: list[object] = [
        request.user.pk,
        request.META.get("QUERY_STRING", ""),
        int(now.timestamp()) // EVERY_SECONDS,
        incident.state,
        incident.severity_id,
        incident.private,
        incident.title,
        getattr(incident, "open_alerts", 0),
        incident.acknowledged_by_id,
        incident.timeline.aggregate(last=Max("pk"), all=Count("pk")),
        incident.alerts.aggregate(seen=Max("last_seen_at"), count=Sum("count"), all=Count("pk")),
        list(pages.order_by("pk").values_list("pk", "state", "round", "step", "due_at", "held_at", "hold_reason")),
        list(
            Notification.objects.filter(page__in=pages)
            .order_by("state")
            .values_list("state")
            .annotate(all=Count("pk"), last=Max("pk"), sent=Max("sent_at"))
        ),
        StepRun.objects.filter(page__in=pages).aggregate(last=Max("ran_at"), all=Count("pk")),
    ]
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'
