"""Since when the oldest work of each kind waits. Costs some probes of an index, and does not grow with what waits."""

from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Min

from incidents.models import InboxItem
from oncall.engine.oldest import waiting_since
from oncall.models import Page

# Of each sender the first row that waits. Asked for sender by sender, PostgreSQL would walk through the others' floods.
_FIRST_IN_LINE: Final = """
    WITH RECURSIVE firsts(id) AS (
        SELECT (SELECT id FROM incidents_inboxitem WHERE done_at IS NULL ORDER BY integration_id, id LIMIT 1)
        UNION ALL
        SELECT (SELECT n.id FROM incidents_inboxitem n
                WHERE n.done_at IS NULL AND n.integration_id >
                    (SELECT p.integration_id FROM incidents_inboxitem p WHERE p.id = firsts.id)
                ORDER BY n.integration_id, n.id LIMIT 1)
        FROM firsts WHERE id IS NOT NULL
    )
    SELECT id FROM firsts WHERE id IS NOT NULL
"""


def page() -> datetime | None:
    """When the next step of all open pages is due, or was."""
    return Page.objects.filter(due_at__isnull=False).order_by("due_at").values_list("due_at", flat=True).first()


def message() -> datetime | None:
    """When the oldest waiting message was due, or will be."""
    return waiting_since()


def accepted() -> datetime | None:
    """When the oldest alert that still lies in the inbox came."""
    with connection.cursor() as cursor:
        cursor.execute(_FIRST_IN_LINE)
        firsts = [key for (key,) in cursor.fetchall()]
    if not firsts:
        return None
    oldest: datetime | None = InboxItem.objects.filter(pk__in=firsts, done_at=None).aggregate(at=Min("received_at"))[
        "at"
    ]
    return oldest
