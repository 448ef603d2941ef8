"""What waits in the outbox, lane by lane: a provider that is dead, thousands of messages before its door, must neither
hide the messages of the others nor make looking for them slow."""

from datetime import datetime, timedelta
from heapq import merge
from typing import Any, Final, NamedTuple

from django.db import connection
from django.db.models import Q

from oncall.engine.overtaken import TOO_OLD
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
_READ: Final = "SELECT rank, due_at, id, lane, due_at < %(old)s FROM oncall_notification"
_FIRST: Final = "ORDER BY rank, due_at, id LIMIT %(most)s"
_OF_LANE: Final = f"{_READ} WHERE state = 'pending' AND lane = %(lane)s AND due_at <= %(now)s {_FIRST}"
# The same as `left_lying`, `claims` has it too.
_LEFT: Final = f"""
    {_READ} WHERE state = 'sending' AND (lease_until_at <= %(now)s OR lease_until_at > %(impossible)s) {_FIRST}
"""


class Due(NamedTuple):
    """A message that may be sent, in the order in which it is. `due_at` is as the database has it; `old`: an outage may
    have made it history."""

    rank: int
    due_at: Any
    pk: int
    lane: str
    old: bool


def due(now: datetime, most: int) -> list[Due]:
    """What is due, by rank, then age, so many of each lane at most: what waits, and what was being sent under a lease
    that ended. Costs a small query for each lane, whatever the backlog; by hand, for it is asked with each nudge."""
    known = {**clock(now), "old": instant(now - TOO_OLD), "most": most}
    with connection.cursor() as cursor:
        cursor.execute(_LANES)
        asked = [(_OF_LANE, {**known, "lane": lane}) for (lane,) in cursor.fetchall()]
        parts = []
        for statement, parameters in [*asked, (_LEFT, known)]:
            cursor.execute(statement, parameters)
            parts.append([Due(*row) for row in cursor.fetchall()])
    return list(merge(*parts))


def clock(now: datetime) -> dict[str, Any]:
    """`now`, and the end that no lease taken now could have, as the database has them."""
    return {"now": instant(now), "impossible": instant(now + LEASE + SKEW)}


def instant(at: datetime) -> Any:
    """As the database has it."""
    return connection.ops.adapt_datetimefield_value(at)


def claimable(now: datetime) -> Q:
    """What may be taken at `now`; `claims` says the same in its own statements."""
    return Q(state=Notification.State.PENDING, due_at__lte=now) | left_lying(now)


def left_lying(now: datetime) -> Q:
    """Messages under a lease that is over, or that none taken now could have: whoever took that one is long done or
    dead, and would else keep its message until that hour comes again."""
    sending = Q(state=Notification.State.SENDING)
    return sending & (Q(lease_until_at__lte=now) | Q(lease_until_at__gt=now + LEASE + SKEW))
