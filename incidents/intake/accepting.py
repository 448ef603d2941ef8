"""Accepting: one parsed body becomes one row of the inbox, by one statement and no read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import orjson
from django.db import IntegrityError, InterfaceError, OperationalError, connection

from incidents.adapters.signal import Signal
from incidents.models import InboxItem
from oncall import nudge

TASK: Final = "incidents.intake"
# One prepared statement; the ORM's own costs a quarter of the rate.
_INSERT: Final = """
    INSERT INTO incidents_inboxitem
        (integration_id, received_at, signals, signal_count, state, tries, next_try_at, error, done_at)
    VALUES (%s, %s, %s, %s, %s, 0, NULL, '', NULL)
"""


class UnknownIntegration(Exception):  # noqa: N818 — it reads as what happened
    """The integration was deleted a moment ago; nothing was stored."""


def accept(integration_id: int, signals: Sequence[Signal], now: datetime) -> None:
    """Store the events of one body, received `now`, and ask for the drain. On return they are committed (P1).

    Inside a transaction they are committed with it. Raises UnknownIntegration, and OperationalError or InterfaceError
    where the database is away or overloaded: then nothing was stored, save where a commit's answer was lost; the
    sender's repeat is then one more event of the same alert.
    """
    if not signals:
        return
    try:
        _insert(integration_id, signals, now)
    except IntegrityError as error:
        raise UnknownIntegration from error
    nudge.look(TASK)


def _insert(integration_id: int, signals: Sequence[Signal], now: datetime) -> None:
    body = orjson.dumps([signal.to_json() for signal in signals]).decode()
    received_at = connection.ops.adapt_datetimefield_value(now)
    parameters = (integration_id, str(received_at), body, len(signals), InboxItem.State.PENDING.value)
    # The statement itself shows whether the connection still works: asking before would cost a round trip.
    connection.health_check_done = True  # type: ignore[attr-defined]  # missing from the stubs
    try:
        _execute(parameters)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block:
            raise
        connection.close_if_unusable_or_obsolete()
        if connection.connection is not None:
            raise
        _execute(parameters)  # the server had closed it, as after a restart: once more, on a new one


def _execute(parameters: tuple[int, str, str, int, str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, parameters)
