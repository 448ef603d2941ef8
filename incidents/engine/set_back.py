"""After the wall clock was set back: an acknowledgement's timeout, or a heartbeat, would else wait for that hour to
come again. What now waits for longer than its wait ever was begins it anew: late by one wait at most, never early, and
a second look finds nothing. What is held waits for a calendar, which is read anew at each look."""

from datetime import datetime, timedelta
from typing import Final

import structlog

from incidents.models import Incident, Integration, Severity

log = structlog.get_logger(__name__)

# Several machines' clocks differ by less.
SKEW: Final = timedelta(seconds=60)


def run(now: datetime) -> int:
    """Bring back what lies too far ahead of `now`. Returns how many incidents and heartbeats."""
    moved = sum(_acknowledged(severity, now) for severity in Severity.objects.exclude(ack_timeout_minutes=None))
    moved += sum(_expected(heartbeat, now) for heartbeat in Integration.objects.exclude(heartbeat_due_at=None))
    if moved:
        log.warning("clock_was_set_back", moved=moved)
    return moved


def _acknowledged(severity: Severity, now: datetime) -> int:
    due_at = now + timedelta(minutes=severity.ack_timeout_minutes or 0)
    return Incident.objects.filter(severity=severity, ack_due_at__gt=due_at + SKEW).update(ack_due_at=due_at)


def _expected(heartbeat: Integration, now: datetime) -> int:
    """Its ping may set it meanwhile, by the new clock: then it is left alone."""
    due_at = now + timedelta(minutes=heartbeat.every_minutes or 0)
    late = Integration.objects.filter(pk=heartbeat.pk, heartbeat_due_at__gt=due_at + SKEW)
    return late.update(heartbeat_due_at=due_at)
