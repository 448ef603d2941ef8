"""What waits in the outbox, lane by lane: a provider that is dead, thousands of messages before its door, must neither
hide the messages of the others nor make looking for them slow."""

from datetime import datetime, timedelta
from heapq import merge
from typing import Final

from django.db import connection
from django.db.models import Q

from oncall.models import Notification

MOST_OF_A_LANE: Final = 1_000
LEASE: Final = timedelta(seconds=60)
# Several machines' clocks differ by less.
SKEW: Final = timedelta(seconds=60)

# Django cannot say "the next greater value, again and again": one probe of the index for each lane.
_LANES: Final = """
    WITH RECURSIVE found(lane) AS (
        SELECT min(lane) FROM oncall_notification WHERE state = 'pending'
        UNION ALL
        SELECT (SELECT min(n.lane) FROM oncall_notification n WHERE n.state = 'pending' AND n.lane > found.lane)
        FROM found WHERE found.lane IS NOT NULL
    )
    SELECT lane FROM found WHERE lane IS NOT NULL
"""
_ORDER: Final = ("rank", "due_at", "pk")


def due(now: datetime, most: int = MOST_OF_A_LANE) -> list[tuple[int, str]]:
    """Keys and lanes of what is due, by rank, then age, so many of each lane at most: what waits, and what was being
    sent under a lease that ended. Costs a small query for each lane, whatever the backlog."""
    waiting = Notification.every.filter(state=Notification.State.PENDING, due_at__lte=now)
    left_over = Notification.every.filter(left_lying(now))
    parts = [waiting.filter(lane=lane) for lane in _lanes()]
    rows = [part.order_by(*_ORDER).values_list(*_ORDER, "lane")[:most] for part in [*parts, left_over]]
    return [(pk, lane) for _rank, _due_at, pk, lane in merge(*rows)]


def claimable(now: datetime) -> Q:
    """What may be taken at `now`; `claims` says the same in its own statements."""
    return Q(state=Notification.State.PENDING, due_at__lte=now) | left_lying(now)


def left_lying(now: datetime) -> Q:
    """Messages under a lease that is over, or that none taken now could have: whoever took that one is long done or
    dead, and would else keep its message until that hour comes again."""
    sending = Q(state=Notification.State.SENDING)
    return sending & (Q(lease_until_at__lte=now) | Q(lease_until_at__gt=now + LEASE + SKEW))


def _lanes() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_LANES)
        return [lane for (lane,) in cursor.fetchall()]
