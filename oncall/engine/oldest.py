"""Since when the oldest message waits: by probes of an index, however many wait."""

from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Min

from oncall.models import Notification
from oncall.models.canary import LOOPBACK

# What waits is indexed by lane, rank and due time: the next pair again and again, and of each its first row. To seek
# the least of all due times has every row read, and the next greater value is nothing that Django can say.
_FIRST_OF_EACH: Final = """
    WITH RECURSIVE lanes(lane) AS (
        SELECT min(lane) FROM oncall_notification WHERE state = 'pending'
        UNION ALL
        SELECT (SELECT min(n.lane) FROM oncall_notification n WHERE n.state = 'pending' AND n.lane > lanes.lane)
        FROM lanes WHERE lane IS NOT NULL
    ), pairs(lane, place) AS (
        SELECT lane,
            (SELECT min(n.rank) FROM oncall_notification n WHERE n.state = 'pending' AND n.lane = lanes.lane)
        FROM lanes WHERE lane <> %s
        UNION ALL
        SELECT lane,
            (SELECT min(n.rank) FROM oncall_notification n
             WHERE n.state = 'pending' AND n.lane = pairs.lane AND n.rank > pairs.place)
        FROM pairs WHERE place IS NOT NULL
    )
    SELECT (SELECT n.id FROM oncall_notification n
            WHERE n.state = 'pending' AND n.lane = pairs.lane AND n.rank = pairs.place ORDER BY n.due_at LIMIT 1)
    FROM pairs WHERE place IS NOT NULL
"""


def waiting_since() -> datetime | None:
    """When the oldest waiting message was due, or will be, canaries' aside; None where none waits."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_OF_EACH, [LOOPBACK])
        firsts = [key for (key,) in cursor.fetchall()]
    if not firsts:
        return None
    still = Notification.every.filter(pk__in=firsts, state=Notification.State.PENDING)
    oldest: datetime | None = still.aggregate(at=Min("due_at"))["at"]
    return oldest
