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
_RESOLVE: Final = "UPDATE incidents_alert SET resolved_at = %s WHERE id = %s"


def write(changes: Changes) -> None:
    """Ended alerts before new ones, which may have the key of one that just ended. Their services are locked."""
    _many(_RESOLVE, [(_instant(alert.resolved_at), pk) for pk, alert in sorted(changes.resolved.items())])
    _many(_REPEAT, [_repeated(alert) for _pk, alert in sorted(changes.repeated.items())])
    Alert.objects.bulk_create(arrival.alert for arrival in changes.arrivals)


def _repeated(alert: Alert) -> tuple[Any, ...]:
    values = orjson.dumps(alert.values).decode()
    return alert.count, values, _instant(alert.last_seen_at), alert.severity_id, alert.pk


def _instant(value: Any) -> Any:
    return connection.ops.adapt_datetimefield_value(value)


def _many(statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(statement, rows)
