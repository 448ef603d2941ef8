"""Findings of the audit: kept open while they are found, cleared when they are not; and the door to those open."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from oncall.models import AuditFinding
from oncall.text import plain

MAX_TEXT: Final = 2_000


@dataclass(frozen=True, slots=True)
class Found:
    """A fault that holds now. `key` names it for as long as it lasts; `rank` 1 is as grave as SEV-1."""

    kind: str
    key: str
    text: str
    rank: int
    subject: str = ""


def standing() -> QuerySet[AuditFinding]:
    """The findings that hold, the gravest first, then the oldest."""
    return AuditFinding.objects.filter(cleared_at=None).order_by("rank", "found_at", "pk")


@transaction.atomic
def report(kinds: Collection[str], found: Iterable[Found], now: datetime) -> int:
    """Everything of these kinds that holds at `now`: new ones begin, known ones are seen again, the others are cleared.

    At most five statements however many. Returns how many began or were cleared. Two who report at once make one row.
    """
    wanted = {each.key: each for each in found}
    known = {row.key: row for row in standing().filter(kind__in=kinds)}
    gone = [row.pk for key, row in known.items() if key not in wanted]
    cleared = AuditFinding.objects.filter(pk__in=gone, cleared_at=None).update(cleared_at=now) if gone else 0
    again = [row for key, row in known.items() if key in wanted]
    if again:
        AuditFinding.objects.filter(pk__in=[row.pk for row in again]).update(seen_at=now)
        _reword(again, wanted)
    fresh = [_row(each, now) for key, each in wanted.items() if key not in known]
    AuditFinding.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=500)
    return cleared + len(fresh)


def _reword(rows: Iterable[AuditFinding], wanted: dict[str, Found]) -> None:
    """What it says may change while it lasts: another hour of the same hole."""
    changed = []
    for row in rows:
        text = plain(wanted[row.key].text, MAX_TEXT)
        if (row.text, row.rank) != (text, wanted[row.key].rank):
            row.text, row.rank = text, wanted[row.key].rank
            changed.append(row)
    if changed:
        AuditFinding.objects.bulk_update(changed, ["text", "rank"], batch_size=500)


def _row(found: Found, now: datetime) -> AuditFinding:
    return AuditFinding(
        kind=found.kind,
        key=found.key,
        text=plain(found.text, MAX_TEXT),
        subject=found.subject,
        rank=found.rank,
        found_at=now,
        seen_at=now,
    )
