"""Forgets what the inbox has long done: alerts and incidents keep what it said."""

from datetime import datetime, timedelta
from typing import Final

from incidents.models import InboxItem

# Long enough to look on Monday at what came in last week.
KEPT: Final = timedelta(days=7)
BATCH: Final = 2_000


def run(now: datetime) -> int:
    """Delete done rows received more than a week before `now`; how many. Rows that wait or were set aside stay.

    Oldest first by their keys, a batch to a transaction, up to the first batch that is younger: what is kept costs
    nothing, and needs no index of its own.
    """
    before, after, count = now - KEPT, 0, 0
    while True:
        oldest = InboxItem.objects.filter(pk__gt=after).order_by("pk")
        rows = list(oldest.values_list("pk", "received_at", "state")[:BATCH])
        gone = [pk for pk, received_at, state in rows if received_at < before and state == InboxItem.State.DONE]
        count += InboxItem.objects.filter(pk__in=gone, state=InboxItem.State.DONE).delete()[0] if gone else 0
        if len(rows) < BATCH or rows[-1][1] >= before:
            return count
        after = rows[-1][0]
