"""Signals become alerts, alerts become incidents: accepted one by one, drained in batches."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from incidents.intake.accepting import Row, UnknownIntegration, accept, accept_together, row
from incidents.intake.batches import BATCH, drain, retry
from incidents.intake.folding import Arrival
from incidents.intake.routing import lock_services, settle
from incidents.intake.silencing import ended, look_again, silence_changed
from incidents.models import Alert

__all__ = [
    "BATCH",
    "Row",
    "UnknownIntegration",
    "accept",
    "accept_together",
    "drain",
    "ended",
    "look_again",
    "retry",
    "route",
    "row",
    "silence_changed",
]


def route(alerts: Sequence[Alert], now: datetime) -> None:
    """Open alerts without an incident join their service's open one or open their own; pages count from `now`."""
    with transaction.atomic():
        services = lock_services({alert.service_id for alert in alerts})
        waiting = Alert.objects.select_related("integration", "severity").filter(
            pk__in=[alert.pk for alert in alerts], incident=None, resolved_at=None
        )
        settle([Arrival(alert, alert.severity, now) for alert in waiting.order_by("pk")], services, now)
