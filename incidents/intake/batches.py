"""The drain: a batch of the inbox becomes alerts and incidents; a row that breaks is set aside, never in the way."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import InterfaceError, OperationalError, transaction

from incidents.intake import accepting, aside, counters, news, silencing
from incidents.intake.claims import Claim, Item, claim, claim_again, waiting
from incidents.intake.folding import fold, read, rounds, unsilenced
from incidents.intake.levels import Levels
from incidents.intake.routing import Raced, lock_services, place
from incidents.intake.writing import write
from incidents.models import InboxItem
from oncall import bulk, nudge
from oncall.text import one_line

log = structlog.get_logger(__name__)

BATCH: Final = 500
MAX_TRIES: Final = 3
_AGAIN: Final = (timedelta(seconds=5), timedelta(seconds=30))
_LONGEST: Final = timedelta(minutes=5)
# Not the row's fault: a deadlock, a lock or a statement that took too long, a database on its way down.
_PASSING: Final = (OperationalError, InterfaceError, Raced)


def drain(now: datetime, limit: int = BATCH, *, small_only: bool = False) -> int:
    """One batch of waiting rows, about `limit` signals; how many signals they hold, a row counting as one at least (0:
    nothing waits).

    `small_only`: of integrations that have only a few rows waiting.

    All of it is one transaction. When it raises, halves are tried, down to single rows: the row at fault is tried
    again later, three times in all, then set aside with its error, and the ones behind it go on.
    """
    senders = [(pk, big) for pk, big in waiting(now) if not (big and small_only)]
    if not senders:
        return 0  # without a transaction: SQLite's would take the one write lock
    taken: list[Item] = []
    try:
        with transaction.atomic():
            claimed = claim(senders, now, limit)
            taken = claimed.items
            _work(claimed, now)
    except Exception as error:
        if not taken:
            raise
        log.warning("intake_batch_failed", rows=len(taken), error=repr(error)[:500])
        _split(taken, error, now)
    return sum(max(item.signal_count, 1) for item in taken)


def retry(item: InboxItem, now: datetime) -> None:
    """Put a row that was set aside back; its tries begin anew. Nothing happens to a row that waits or is done."""
    set_aside = InboxItem.objects.filter(pk=item.pk, state=InboxItem.State.ASIDE)
    set_aside.update(state=InboxItem.State.PENDING, tries=0, next_try_at=None, error="", done_at=None)
    item.refresh_from_db()
    nudge.look(accepting.TASK)


def _split(items: Sequence[Item], error: Exception, now: datetime) -> None:
    """Each half in its own transaction, in order; a single row is blamed."""
    if len(items) == 1:
        _blame(items[0], error, now)
        return
    middle = len(items) // 2
    for half in (items[:middle], items[middle:]):
        try:
            with transaction.atomic():
                _work(claim_again(half), now)
        except Exception as fault:
            _split(half, fault, now)


def _blame(item: Item, error: Exception, now: datetime) -> None:
    passing = isinstance(error, _PASSING)
    tries = item.tries if passing else item.tries + 1
    row = InboxItem.every.filter(pk=item.id, state=InboxItem.State.PENDING)
    said = one_line(f"{type(error).__name__}: {error}", 2000)
    if tries >= MAX_TRIES:
        log.error("intake_row_set_aside", row=item.id, integration=item.integration_id, error=type(error).__name__)
        with transaction.atomic():
            if row.update(state=InboxItem.State.ASIDE, tries=tries, next_try_at=None, error=said, done_at=now):
                aside.tell(item.integration_id, type(error).__name__, now)
        return
    # What is not its fault is tried for ever, more and more seldom: half its age.
    wait = min(max(_AGAIN[0], (now - item.received_at) / 2), _LONGEST) if passing else _AGAIN[tries - 1]
    row.update(tries=tries, next_try_at=now + wait, error=said)


def _work(claimed: Claim, now: datetime) -> None:
    """Everything a claim's rows say, in a bounded number of statements. The caller's transaction holds the claim."""
    if not claimed.items:
        return
    services = lock_services({row.service_id for row in claimed.integrations.values()})
    levels = Levels.load()
    batch = read(claimed, services, levels)
    for part in rounds(batch):
        changes = fold(part)
        if changes.arrivals:
            silencing.silence(changes.arrivals, services, now)
        groups = place(unsilenced(changes), services, now, counters.beyond_limit(part, now))
        write(changes)
        news.tell(changes.happenings, groups, now)
    counters.count(batch, now)
    rows = [(item.id, InboxItem.State.PENDING, InboxItem.State.DONE, now, None, "") for item in claimed.items]
    bulk.update(InboxItem, ("id", "state"), ("state", "done_at", "next_try_at", "error"), rows)
