"""Accepting: one parsed body becomes one row of the inbox, by one statement and no read; alone or with others."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import orjson
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction

from incidents.adapters.signal import Signal
from oncall import nudge

TASK: Final = "incidents.intake"
# One prepared statement whatever the number of rows; the ORM's own costs a quarter of the rate.
_ONE: Final = """
    INSERT INTO incidents_inboxitem
        (integration_id, received_at, signals, signal_count, state, tries, next_try_at, error, done_at)
    VALUES (%s, %s, %s, %s, 'pending', 0, NULL, '', NULL)
"""
_MANY: Final = """
    INSERT INTO incidents_inboxitem
        (integration_id, received_at, signals, signal_count, state, tries, next_try_at, error, done_at)
    SELECT one.*, 'pending', 0, NULL, '', NULL
    FROM jsonb_to_recordset(%s::jsonb) AS one (sender bigint, at timestamptz, signals jsonb, events int)
"""
# The bodies are JSON already: as one text they cost nothing to quote, as an array each would be escaped.
_AS_JSON: Final = '{"sender":%d,"at":"%s","signals":%s,"events":%d}'

Row = tuple[int, str, str, int]


class UnknownIntegration(Exception):  # noqa: N818 — it reads as what happened
    """The integration was deleted a moment ago; nothing was stored."""


def accept(integration_id: int, signals: Sequence[Signal], now: datetime) -> None:
    """Store the events of one body, received `now`, and ask for the drain. On return they are committed (P1).

    Inside a transaction they are committed with it. Raises UnknownIntegration, and OperationalError or InterfaceError
    where the database is away or overloaded: then nothing was stored, save where a commit's answer was lost; the
    sender's repeat is then one more event of the same alert.
    """
    if signals and (error := accept_together([row(integration_id, signals, now)])[0]):
        raise error


def row(integration_id: int, signals: Sequence[Signal], now: datetime) -> Row:
    """The events of one body, received `now`, as `accept_together` stores them."""
    body = orjson.dumps([signal.to_json() for signal in signals]).decode()
    return integration_id, str(connection.ops.adapt_datetimefield_value(now)), body, len(signals)


def accept_together(rows: Sequence[Row]) -> list[Exception | None]:
    """Store many bodies with one commit, and ask for the drain; for each what `accept` would raise, or None.

    On return the rows without an error are committed. A row that cannot be stored costs its neighbours nothing.
    """
    try:
        _insert(rows)
    except Exception as error:
        if len(rows) == 1:
            return [UnknownIntegration() if isinstance(error, IntegrityError) else error]
        if isinstance(error, OperationalError) or not connection.is_usable():
            return [error] * len(rows)  # of the connection: it concerns all rows alike
        return [accept_together([one])[0] for one in rows]
    nudge.look(TASK)
    return [None] * len(rows)


def _insert(rows: Sequence[Row]) -> None:
    # The statement itself shows whether the connection still works: asking before would cost a round trip.
    connection.health_check_done = True  # type: ignore[attr-defined]  # missing from the stubs
    try:
        _execute(rows)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close_if_unusable_or_obsolete()
        if connection.connection is not None:
            raise
        _execute(rows)  # the server had closed it, as after a restart: once more, on a new one


def _execute(rows: Sequence[Row]) -> None:
    """All rows or none."""
    if len(rows) == 1:
        with connection.cursor() as cursor:
            cursor.execute(_ONE, rows[0])
    elif connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_MANY, [f"[{','.join(_AS_JSON % one for one in rows)}]"])
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(_ONE, rows)
