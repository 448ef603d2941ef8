"""What an integration shows of its traffic, its limit, and a heartbeat's clock; one statement per batch."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count

from incidents.adapters.signal import Action
from incidents.intake.folding import Batch
from incidents.models import Alert, Integration
from oncall import bulk

HEARTBEAT = Integration.Format.HEARTBEAT
_COUNTED: Final = ("received_count", "last_seen_at", "heartbeat_due_at")


def count(batch: Batch, now: datetime) -> None:
    """Received events and when the last came; a ping starts the clock of the next one. The rows are locked."""
    rows = []
    for pk, incoming in batch.incoming.items():
        integration = batch.integrations[pk]
        beats = integration.format == HEARTBEAT
        # The alert of a missed ping is our own, not the sender's.
        received = [one.at for one in incoming if not (beats and one.signal.action == Action.TRIGGER)]
        if not received:
            continue
        latest_at = max(received)
        integration.received_count += len(received)
        integration.last_seen_at = max(integration.last_seen_at or latest_at, latest_at)
        if beats and integration.every_minutes:
            integration.heartbeat_due_at = integration.last_seen_at + timedelta(minutes=integration.every_minutes)
        rows.append([getattr(integration, name) for name in ("pk", *_COUNTED)])
    bulk.update(Integration, ("id",), _COUNTED, rows)


def beyond_limit(batch: Batch, now: datetime) -> set[int]:
    """Services one of whose senders has more new alerts within a minute than its limit: those are grouped widely.

    Accepting never refuses them (INTERFACE §3); one query, and only where a sender of the batch has a limit.
    """
    limits = {pk: row.limit_per_minute for pk, row in batch.integrations.items() if row.limit_per_minute is not None}
    if not limits:
        return set()
    lately = Alert.objects.filter(integration__in=limits, first_seen_at__gt=now - timedelta(minutes=1))
    counts = dict(lately.order_by().values("integration").annotate(n=Count("pk")).values_list("integration", "n"))
    fresh = {pk: sum(one.signal.action == Action.TRIGGER for one in batch.incoming.get(pk, ())) for pk in limits}
    beyond = (pk for pk, limit in limits.items() if counts.get(pk, 0) + fresh[pk] > limit)
    return {batch.integrations[pk].service_id for pk in beyond}
