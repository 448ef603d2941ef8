"""Findings of the audit: kept open while they are found, cleared when they are not; and the door to those open."""

from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from oncall.models import AuditFinding
from oncall.text import plain

log = structlog.get_logger(__name__)

MAX_TEXT: Final = 2_000
# Longer than any job waits before it tries such a row again.
QUIET: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Found:
    """A fault that holds now. `key` names it for as long as it lasts; `rank` 1 is as grave as SEV-1.

    The first line of `text` says what is wrong, the next one what to do.
    """

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


def looked(kind: str, look: Callable[[], Iterable[Found]], now: datetime) -> int:
    """`report` what `look` finds of a kind. Where it raises, the kind's findings stay as they are, the other kinds are
    looked at nevertheless, and that is told. Raises DatabaseError only."""
    try:
        found = list(look())
    except DatabaseError:
        raise
    except Exception as error:
        log.exception("audit_part_failed", kind=kind)
        stumbled("audit", _("the audit's look for “%(kind)s”") % {"kind": AuditFinding.Kind(kind).label}, error, now)
        return 0
    return report([kind], found, now)


def row_failed(row: object, model: type[Model], error: Exception, now: datetime) -> None:
    """A job could not handle a row of `model`: `stumbled`, the row named unless it may be private."""
    stumbled(model._meta.label_lower, f"{model._meta.verbose_name} {_name(row)}", error, now)


def _name(row: object) -> str:
    if isinstance(row, Model) and not hasattr(row, "private"):
        with suppress(Exception):  # it may be its name that cannot be read
            return str(row)
    return str(getattr(row, "pk", ""))


def stumbled(where: str, what: str, error: Exception, now: datetime) -> None:
    """Make it a finding that something is tried again and again without success, until it has been quiet for ten
    minutes (`quiet`). One for each `where`, so that a thousand broken rows are no thousand findings. Never raises: it
    is called for a row that is set aside, whose neighbours shall go on. A database that is away, locked or slow is no
    row's fault and told elsewhere.
    """
    if isinstance(error, OperationalError | InterfaceError):
        return
    words = _("%(what)s cannot be handled (%(error)s).\nIt is tried again later, the others go on. The log has it.")
    text = words % {"what": what, "error": type(error).__name__}
    found = Found(AuditFinding.Kind.ROW, f"row:{where}", text, rank=2)
    try:
        with transaction.atomic():
            if not standing().filter(key=found.key).update(seen_at=now, text=plain(text, MAX_TEXT)):
                AuditFinding.objects.bulk_create([_row(found, now)], ignore_conflicts=True)
    except Exception:
        log.exception("finding_not_written", key=found.key)


def quiet(now: datetime) -> int:
    """Clear what has not been stumbled over for ten minutes; how many."""
    rows = standing().filter(kind=AuditFinding.Kind.ROW, seen_at__lt=now - QUIET)
    return rows.update(cleared_at=now)


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
