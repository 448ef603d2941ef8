"""Writing a batch's alerts: three statements, each sent once for all rows."""

from collections.abc import Sequence
from typing import Any, Final

import orjson
from django.db import connection

from incidents.intake.folding import Changes
from incidents.models import Alert

# One prepared statement for many rows: the ORM's bulk_update builds a CASE for each and takes ten times as long.
_REPEAT: Final = """
    UPDATE incidents_alert SET count = %s, "values" = %s, last_seen_at = %s, severity_id = %s WHERE id = %s
"""
_COPY: Final = """
    COPY incidents_alert
        (integration_id, service_id, incident_id, dedup_key, title, severity_id, source, labels, "values", links, count,
        started_at, first_seen_at, last_seen_at, resolved_at, silenced_until_at)
    FROM STDIN
"""
_RESOLVE: Final = "UPDATE incidents_alert SET resolved_at = %s WHERE id = %s"


def write(changes: Changes) -> None:
    """Ended alerts before new ones, which may have the key of one that just ended. Their services are locked."""
    _many(_RESOLVE, [(_instant(alert.resolved_at), pk) for pk, alert in sorted(changes.resolved.items())])
    _many(_REPEAT, [_repeated(alert) for _pk, alert in sorted(changes.repeated.items())])
    _create([arrival.alert for arrival in changes.arrivals])


def _create(alerts: Sequence[Alert]) -> None:
    """On PostgreSQL by COPY, without the ORM's work for each row; such alerts have no primary key in memory."""
    if connection.vendor != "postgresql":
        Alert.objects.bulk_create(alerts)
    elif alerts:
        with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
            for alert in alerts:
                copy.write_row(_created(alert))


def _created(alert: Alert) -> tuple[Any, ...]:
    return (
        *(alert.integration_id, alert.service_id, alert.incident_id, alert.dedup_key, alert.title, alert.severity_id),
        *(alert.source, _json(alert.labels), _json(alert.values), _json(alert.links), alert.count),
        *(alert.started_at, alert.first_seen_at, alert.last_seen_at, alert.resolved_at, alert.silenced_until_at),
    )


def _json(value: Any) -> str:
    text: str = orjson.dumps(value).decode()
    return text


def _repeated(alert: Alert) -> tuple[Any, ...]:
    return alert.count, _json(alert.values), _instant(alert.last_seen_at), alert.severity_id, alert.pk


def _instant(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value)


def _many(statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(statement, rows)
