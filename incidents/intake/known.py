"""What is known of senders' dedup keys: one look into an index for each, however many alerts are stored or open."""

from collections.abc import Collection
from typing import Final

from django.db import connection
from django.db.models import Max

from incidents.models import Alert, Incident

Key = tuple[int, str]  # integration, dedup key

# Each row of the inner query is sought by its own key: given both lists at once PostgreSQL may read all open alerts,
# or look for every pair of an integration of the one and a key of the other.
_EACH: Final = """
    FROM unnest(%s::bigint[], %s::text[]) AS wanted(integration, key) CROSS JOIN LATERAL (
        SELECT * FROM incidents_alert
        WHERE integration_id = wanted.integration AND dedup_key = wanted.key AND {such} LIMIT 1
    ) AS found
"""
_OPEN: Final = f"SELECT found.* {_EACH.format(such='resolved_at IS NULL')}"
_LAST: Final = f"SELECT found.id {_EACH.format(such='incident_id IS NOT NULL ORDER BY id DESC')}"


def open_alerts(keys: Collection[Key]) -> dict[Key, Alert]:
    """The open alert of each key that has one."""
    if connection.vendor == "postgresql":
        rows = list(Alert.every.raw(_OPEN, _columns(keys)))
    else:
        integrations, names = _columns(keys)
        rows = list(Alert.every.filter(integration__in=integrations, dedup_key__in=names, resolved_at=None))
    return {(row.integration_id or 0, row.dedup_key): row for row in rows}


def last_incidents(keys: Collection[Key]) -> dict[Key, int]:
    """The resolved incident that each key's latest alert had, or the one that it was merged into."""
    if not keys:
        return {}
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_LAST, _columns(keys))
            last = [pk for (pk,) in cursor.fetchall()]
    else:
        integrations, names = _columns(keys)
        earlier = Alert.objects.filter(
            integration__in=integrations, dedup_key__in=names, incident__isnull=False
        ).order_by()
        last = list(earlier.values("integration", "dedup_key").annotate(last=Max("pk")).values_list("last", flat=True))
    over = [Incident.State.RESOLVED, Incident.State.CLOSED]
    rows = Alert.objects.filter(pk__in=last, incident__state__in=over).values_list(
        "integration_id", "dedup_key", "incident_id", "incident__merged_into_id"
    )
    return {(integration or 0, key): merged or incident for integration, key, incident, merged in rows if incident}


def _columns(keys: Collection[Key]) -> tuple[list[int], list[str]]:
    return [integration for integration, _name in keys], [name for _integration, name in keys]
