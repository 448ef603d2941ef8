"""What the drain takes next: small backlogs first, then a fair share of each big one; one sender in one batch only."""

import random
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from incidents.models import InboxItem, Integration

SMALL: Final = 20  # rows that a sender has waiting at most to count as small
MAX_SENDERS: Final = 200
MAX_FLOODS: Final = 10  # big backlogs served by one batch

# `due` and `_of`, for many at once.
_SHARES: Final = """
    SELECT one.* FROM unnest(%s::bigint[]) AS flood(pk) CROSS JOIN LATERAL (
        SELECT id, integration_id, received_at, signal_count, tries FROM incidents_inboxitem
        WHERE integration_id >= flood.pk AND integration_id <= flood.pk AND done_at IS NULL AND state = 'pending'
            AND (next_try_at IS NULL OR next_try_at <= %s)
        ORDER BY integration_id, id LIMIT %s
    ) AS one
"""


@dataclass(slots=True)
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
    small = lock(pk for pk, big in senders if not big)
    floods = _lock_floods([pk for pk, big in senders if big])
    rows = _oldest(due(now).filter(integration__in=small), limit, now) if small else []
    share = max((limit - len(rows)) // len(floods), 1) if floods else 0
    rows += _shares(list(floods), share, now)
    items = _in_turn(rows, limit)
    taken = {item.integration_id for item in items}
    return Claim(items, {pk: row for pk, row in (small | floods).items() if pk in taken})


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


def _lock_floods(pks: Sequence[int]) -> dict[int, Integration]:
    """About half of the big backlogs: the other half is left to the next drain beside this one. Which half is left to
    chance, so that alone or together they all get on; of very many those come first that wait longest."""
    longest = pks[: 2 * MAX_FLOODS]
    left = [*random.sample(longest, len(longest)), *pks[2 * MAX_FLOODS :]]
    most = (len(longest) + 1) // 2
    locked: dict[int, Integration] = {}
    while left and len(locked) < most:
        wanted = most - len(locked)
        locked |= lock(left[:wanted])
        left = left[wanted:]
    return locked


def due(now: datetime) -> QuerySet[InboxItem]:
    """Rows that wait and may be tried now, by integration, each one's in order of arrival."""
    again = Q(next_try_at=None) | Q(next_try_at__lte=now)
    rows = InboxItem.every.filter(again, done_at=None, state=InboxItem.State.PENDING)
    return rows.order_by("integration_id", "pk")


def _of(rows: QuerySet[InboxItem], pk: "int | OuterRef") -> QuerySet[InboxItem]:
    """Those of one integration. Were it compared by "=", PostgreSQL would see that its rows are wanted in order of
    their keys alone, and at times read all that was ever done to find them."""
    return rows.filter(integration_id__gte=pk, integration_id__lte=pk)


def waiting(now: datetime) -> list[tuple[int, bool]]:
    """(integration, has it a big backlog?) of every integration with rows: small ones first, then by the oldest row.

    Costs an index probe for each integration, whatever the backlog.
    """
    own = _of(due(now), OuterRef("pk")).values("pk")
    senders = Integration.every.filter(Exists(own)).annotate(
        oldest=Subquery(own[:1]), beyond=Subquery(own[SMALL : SMALL + 1])
    )
    ordered = senders.order_by(F("beyond").asc(nulls_first=True), "oldest").values_list("pk", "beyond")
    return [(pk, beyond is not None) for pk, beyond in ordered[:MAX_SENDERS]]


def _oldest(rows: QuerySet[InboxItem], limit: int, now: datetime) -> list[Item]:
    """Of small backlogs, which are few rows together."""
    return sorted(_items(rows[: SMALL * MAX_SENDERS], now), key=lambda item: item.id)[:limit]


def _shares(pks: Sequence[int], share: int, now: datetime) -> list[Item]:
    """So many rows of each of these integrations; on PostgreSQL by one statement."""
    if connection.vendor != "postgresql":
        return [item for pk in pks for item in _items(_of(due(now), pk)[:share], now)]
    with connection.cursor() as cursor:
        cursor.execute(_SHARES, [list(pks), now, share])
        return _read(cursor.fetchall(), now)


def _items(rows: QuerySet[InboxItem], now: datetime) -> list[Item]:
    return _read(rows.values_list("pk", "integration_id", "received_at", "signal_count", "tries"), now)


def _read(rows: Iterable[tuple[Any, ...]], now: datetime) -> list[Item]:
    return [Item(pk, integration, min(at, now), count, tries) for pk, integration, at, count, tries in rows]


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
