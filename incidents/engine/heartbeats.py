"""Heartbeats that did not come: each opens an alert by the same way as any sender's."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from incidents import intake
from incidents.adapters.heartbeat import missed
from incidents.models import InboxItem, Integration
from oncall.engine.loop import sweep

AGAIN = timedelta(minutes=1)


def run(now: datetime) -> int:
    """Heartbeats that were due. One with a row in the inbox waits for the drain: that row may be its ping.

    What was missed is drained here: in a tick the inbox came first, and the page shall not wait for the next one.
    """
    waiting = InboxItem.objects.filter(integration=OuterRef("pk"), done_at=None)
    due = Integration.objects.filter(
        ~Exists(waiting), format=Integration.Format.HEARTBEAT, enabled=True, heartbeat_due_at__lte=now
    )
    count = sweep(due.order_by("heartbeat_due_at", "pk"), _miss, now, postpone=_later)
    if count:
        intake.drain(now)
    return count


def _later(integration: Integration, error: Exception, now: datetime) -> None:
    """One that breaks (logged by the sweep) is tried again in a minute."""
    Integration.objects.filter(pk=integration.pk).update(heartbeat_due_at=now + AGAIN)


def _miss(integrations: Sequence[Integration], now: datetime) -> None:
    """Their clocks stop until the next ping. Locked as they are, no ping comes in between: look once more for one."""
    ids = [integration.pk for integration in integrations]
    pinged = set(InboxItem.objects.filter(integration__in=ids, done_at=None).values_list("integration_id", flat=True))
    late = [integration for integration in integrations if integration.pk not in pinged]
    for integration in late:
        every = integration.every_minutes or 0
        last_at = (integration.heartbeat_due_at or now) - timedelta(minutes=every)
        intake.accept(integration.pk, [missed(integration.name, every, last_at)], now)
    Integration.objects.filter(pk__in=[integration.pk for integration in late]).update(heartbeat_due_at=None)
