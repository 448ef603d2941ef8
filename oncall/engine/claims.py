"""Leases: taking a message, marking what came of it. By statements written by hand, which each connection prepares
once: the query builder takes ten times as long to write them as a database to run them, and each message is claimed
alone."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

import structlog
from django.db import connection, transaction
from django.utils.translation import gettext as _

from oncall.engine import workers
from oncall.engine.waiting import LEASE, clock, instant
from oncall.models import Notification, Page, User
from oncall.outbox import GIVE_UP_AFTER

log = structlog.get_logger(__name__)

State = Notification.State
_FIELDS: Final = Notification._meta.concrete_fields
_NAMES: Final = [field.attname for field in _FIELDS]
_OWN: Final = ", ".join(f"n.{field.column}" for field in _FIELDS)
# The row and what else of its page is under way to its contact method. Written so that PostgreSQL, whose statistics
# know nothing yet of a sudden storm, has one way only: from the row to its page's few messages. `+ 0` hides the index
# of all that a contact method was ever told, the second state that of all that waits.
_TOGETHER: Final = f"""
    SELECT {_OWN}, p.subject, u.name, u.username
    FROM oncall_notification n
    LEFT JOIN oncall_page p ON p.id = n.page_id LEFT JOIN oncall_user u ON u.id = n.person_id
    WHERE n.id IN (
        SELECT %(pk)s UNION
        SELECT o.id FROM oncall_notification w JOIN oncall_notification o
            ON o.page_id = w.page_id AND o.contact_method_id + 0 = w.contact_method_id
        WHERE w.id = %(pk)s AND w.kind = 'page' AND o.kind = 'page' AND o.state IN ('pending', 'sending')
    )
    ORDER BY n.id
"""  # noqa: S608 — our own names
_LOCKED: Final = " FOR UPDATE OF n"
_LEASE_OVER: Final = "(lease_until_at <= %(now)s OR lease_until_at > %(impossible)s)"
# An end that no lease taken now could have: whoever took that one is long done or dead, and would else keep its message
# until that hour comes again.
_CLAIMABLE: Final = f"(state = 'pending' AND due_at <= %(now)s OR state = 'sending' AND {_LEASE_OVER})"
# Messages of no page, messages that outlive it, and those of a page that nobody has answered since they were posted:
# after an acknowledgement only what was asked for later ("escalate now") still goes out.
_WANTED: Final = """
    (n.page_id IS NULL OR n.kind NOT IN ('page', 'fallback') OR EXISTS (
        SELECT 1 FROM oncall_page p WHERE p.id = n.page_id
            AND (p.state = 'open' OR p.state = 'acknowledged' AND p.acknowledged_at <= n.created_at)
    ))
"""
_TAKE: Final = f"""
    UPDATE oncall_notification AS n
    SET state = 'sending', lease_until_at = %(until)s, claimed_at = %(now)s, claimed_by = %(me)s,
        attempts = %(attempts)s, give_up_at = %(give_up_at)s
    WHERE n.id = %(pk)s AND {_CLAIMABLE} AND {_WANTED}
"""  # noqa: S608
_JOIN: Final = (
    "UPDATE oncall_notification SET state = 'cancelled', reason = 'joined' WHERE id = %(pk)s AND state = 'pending'"
)
_STOP: Final = f"""
    UPDATE oncall_notification AS n SET state = 'cancelled', lease_until_at = NULL, reason = %(reason)s
    WHERE n.id = %(pk)s AND (state = 'pending' OR state = 'sending' AND {_LEASE_OVER}) AND NOT {_WANTED}
"""  # noqa: S608
_HOLDERS: Final = """
    SELECT DISTINCT claimed_by FROM oncall_notification WHERE state = 'sending' AND lease_until_at > %(now)s
"""
_SETTLE: Final = """
    UPDATE oncall_notification
    SET state = %(state)s, reason = %(reason)s, due_at = %(due_at)s, sent_at = %(sent_at)s, lease_until_at = NULL
    WHERE id = %(pk)s AND state = 'sending' AND attempts = %(attempts)s
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message under our lease. `repeated`: an earlier try's lease ran out, nobody knows whether it arrived."""

    row: Notification
    repeated: bool

    @property
    def pk(self) -> int:
        return self.row.pk


@transaction.atomic
def take(pk: int, now: datetime) -> Claimed | None:
    """Take the lease, and with it whatever else this contact method would be told of this page right now; None where
    it is no longer wanted or somebody else's. The locks are taken in key order, so that two workers that claim two of
    these rows, and an acknowledgement, queue up instead of blocking one another."""
    locked = {row.pk: row for row in _locked(pk)}
    row = locked.pop(pk, None)
    if row is None:
        return None
    repeated = row.state == State.SENDING
    # Counted from the first try: an outage of ours must not use up the provider's time.
    give_up_at = row.give_up_at if row.attempts else max(row.give_up_at, now + GIVE_UP_AFTER)
    row.attempts, row.give_up_at = row.attempts + 1, give_up_at
    lease = {
        "until": instant(now + LEASE),
        "attempts": row.attempts,
        "give_up_at": instant(give_up_at),
        "me": workers.me(),
    }
    # One statement decides, its conditions on the row itself: an acknowledgement that commits first wins.
    if not _execute(_TAKE, pk=pk, **clock(now), **lease):
        stop_unwanted(pk, now)
        return None
    for other in locked.values():
        if other.state == State.PENDING and other.due_at <= now:
            _execute(_JOIN, pk=other.pk)
    row.state = State.SENDING
    return Claimed(row, repeated)


def let_go(now: datetime) -> int:
    """End the leases of processes that no longer run; returns how many. What they were sending is sent again, under the
    same key, within a second or two instead of the lease."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDERS, clock(now))
        dead = [holder for (holder,) in cursor.fetchall() if workers.gone(holder)]
    if not dead:
        return 0
    held = Notification.every.filter(state=State.SENDING, lease_until_at__gt=now, claimed_by__in=dead)
    freed = held.update(lease_until_at=now)
    log.warning("leases_of_the_dead", messages=freed, workers=len(dead))
    return freed


def stop_unwanted(pk: int, now: datetime) -> None:
    """Cancel a message that waits, or whose lease is over, if its page was answered since."""
    page = Page.every.filter(notifications=pk).first()
    _execute(_STOP, pk=pk, reason=_("the page was %s") % (page.get_state_display() if page else ""), **clock(now))


def settle(
    row: Notification, state: str, reason: str, *, due_at: datetime | None = None, sent_at: datetime | None = None
) -> bool:
    """Write the outcome and end the lease; False where it ran out and somebody else has the message now."""
    outcome = {"state": str(state), "reason": reason, "due_at": instant(due_at or row.due_at)}
    if _execute(_SETTLE, pk=row.pk, attempts=row.attempts, sent_at=sent_at and instant(sent_at), **outcome):
        log.info("notification", pk=row.pk, transport=row.transport, kind=row.kind, state=str(state), reason=reason)
        return True
    log.warning("notification_lease_lost", pk=row.pk)
    return False


def _locked(pk: int) -> list[Notification]:
    """The rows of `_TOGETHER`, with what is said of their page and person; the rest of theirs is read where needed."""
    with connection.cursor() as cursor:
        cursor.execute(_TOGETHER + (_LOCKED if connection.features.has_select_for_update_of else ""), {"pk": pk})
        return [_made(row) for row in cursor.fetchall()]


def _made(read: tuple[Any, ...]) -> Notification:
    values = list(read)
    for place, field, convert in _converters(connection.vendor):
        values[place] = convert(values[place], field.cached_col, connection)
    subject, name, username = values[len(_FIELDS) :]
    row = Notification.from_db(None, _NAMES, values[: len(_FIELDS)])
    if row.page_id is not None and subject is not None:
        row.page = Page.from_db(None, ("id", "subject"), (row.page_id, subject))
    if row.person_id is not None:
        row.person = User.from_db(None, ("id", "username", "name"), (row.person_id, username, name))
    return row


@cache
def _converters(_vendor: str) -> list[tuple[int, Any, Any]]:
    """What turns this database's own values into ours: SQLite's texts into instants, nothing on PostgreSQL."""
    return [
        (place, field, convert)
        for place, field in enumerate(_FIELDS)
        for convert in (*connection.ops.get_db_converters(field.cached_col), *field.get_db_converters(connection))
    ]


def _execute(statement: str, **parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)
