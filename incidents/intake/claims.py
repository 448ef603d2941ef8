"""What the drain takes next: small backlogs first, then a fair share of each big one; one sender in one batch only."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from incidents.models import InboxItem, Integration

SMALL: Final = 20  # rows that a sender has waiting at most to count as small
MAX_SENDERS: Final = 200
MAX_FLOODS: Final = 10  # big backlogs served by one batch; the others have the oldest row next time


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the inbox to be worked on, without its signals. `received_at` is never later than the drain's instant:
    the web server's clock may run ahead, or may have been set back since, and nobody's page waits for that."""

    id: int
    integration_id: int
    received_at: datetime
    signal_count: int
    tries: int


@dataclass(frozen=True, slots=True)
class Claim:
    """What one batch works on: the items in order of arrival per integration, and their integrations, locked."""

    items: list[Item]
    integrations: dict[int, Integration]


def claim(senders: Sequence[tuple[int, bool]], now: datetime, limit: int) -> Claim:
    """Up to `limit` items of those `waiting` that hold about as many signals. Must run in a transaction.

    Integrations are locked rather than items: one sender's events stay in order however many drains there are, and
    two drains never meet in one dedup key.
    """
    locked = lock(pk for pk, _ in senders)
    small = [pk for pk, big in senders if not big and pk in locked]
    big = [pk for pk, big in senders if big and pk in locked][:MAX_FLOODS]
    rows = list(_items(due(now).filter(integration__in=small), limit, now)) if small else []
    share = max((limit - len(rows)) // len(big), 1) if big else 0
    for pk in big:
        rows += _items(due(now).filter(integration=pk), share, now)
    items = _in_turn(rows, limit)
    taken = {item.integration_id for item in items}
    return Claim(items, {pk: row for pk, row in locked.items() if pk in taken})


def claim_again(items: Iterable[Item]) -> Claim:
    """Those of `items` that still wait and whose integration nobody else works on, locked as by `claim`."""
    wanted = list(items)
    locked = lock({item.integration_id for item in wanted})
    waiting = set(
        InboxItem.every.filter(pk__in=[item.id for item in wanted], state=InboxItem.State.PENDING).values_list(
            "pk", flat=True
        )
    )
    return Claim([item for item in wanted if item.id in waiting and item.integration_id in locked], locked)


def lock(integration_ids: Iterable[int]) -> dict[int, Integration]:
    """The integrations that no other drain works on, by key; locked so that accepting for them goes on."""
    rows = Integration.every.select_for_update(skip_locked=True, no_key=True).filter(pk__in=list(integration_ids))
    return {row.pk: row for row in rows.order_by("pk")}


def due(now: datetime) -> QuerySet[InboxItem]:
    """Rows that wait and may be tried now, in order of arrival."""
    again = Q(next_try_at=None) | Q(next_try_at__lte=now)
    return InboxItem.every.filter(again, done_at=None, state=InboxItem.State.PENDING).order_by("pk")


def waiting(now: datetime) -> list[tuple[int, bool]]:
    """(integration, has it a big backlog?) of every integration with rows: small ones first, then by the oldest row.

    Costs an index probe for each integration, whatever the backlog.
    """
    own = due(now).filter(integration=OuterRef("pk")).values("pk")
    senders = Integration.every.filter(Exists(own)).annotate(
        oldest=Subquery(own[:1]), beyond=Subquery(own[SMALL : SMALL + 1])
    )
    ordered = senders.order_by(F("beyond").asc(nulls_first=True), "oldest").values_list("pk", "beyond")
    return [(pk, beyond is not None) for pk, beyond in ordered[:MAX_SENDERS]]


def _items(rows: QuerySet[InboxItem], limit: int, now: datetime) -> Iterable[Item]:
    columns: Any = rows.values_list("pk", "integration_id", "received_at", "signal_count", "tries")
    return (Item(pk, integration, min(at, now), count, tries) for pk, integration, at, count, tries in columns[:limit])


def _in_turn(rows: Iterable[Item], limit: int) -> list[Item]:
    """One row of each integration after another, short bodies first, until they hold `limit` signals."""
    queues: dict[int, deque[Item]] = {}
    for row in rows:
        queues.setdefault(row.integration_id, deque()).append(row)
    taken: list[Item] = []
    signals = 0
    while queues:
        for pk in sorted(queues, key=lambda pk: queues[pk][0].signal_count):
            item = queues[pk].popleft()
            taken.append(item)
            signals += item.signal_count
            if signals >= limit:
                return taken
            if not queues[pk]:
                del queues[pk]
    return taken
