"""Changes due rows in batches, each batch claimed, re-checked and written in one transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

import structlog
from django.db import connection, transaction
from django.db.models import QuerySet

from oncall import findings

log = structlog.get_logger(__name__)


class Keyed(Protocol):
    """A row: a model instance, or a named tuple of the columns wanted."""

    @property
    def pk(self) -> Any: ...


Row = TypeVar("Row", bound=Keyed)
Postpone = Callable[[Row, Exception, datetime], None]

BATCH: Final = 500
MOST_BATCHES: Final = 40


def sweep(
    due: "QuerySet[Any, Row] | Sequence[QuerySet[Any, Row]]",
    act: Callable[[Sequence[Row], datetime], object],
    now: datetime,
    batch: int = BATCH,
    *,
    postpone: "Postpone[Row] | None" = None,
) -> int:
    """Change due rows, in batches, each in a transaction of its own. Returns how many rows were acted on.

    `due` is a queryset in order of urgency, or several of one model, the most urgent first, evaluated anew for each
    batch; the rows are claimed with `select_for_update(skip_locked=True)`. SQLite ignores that, so `act(rows, now)`
    must be a compare-and-set as well, and must make what it did no longer due. A batch that raises is rolled back and
    done row by row; a row that raises alone is logged, given to `postpone(row, error, now)` (to be pushed ahead with
    back-off) and left out of this call. A full batch runs again at once, up to 40 times. Raises only when the database
    is gone.
    """
    parts = [due] if isinstance(due, QuerySet) else due
    done = 0
    poisoned: set[Any] = set()
    for _turn in range(MOST_BATCHES):
        rows: list[Row] = []
        try:
            with transaction.atomic():
                rows = _claimed([part.exclude(pk__in=poisoned) for part in parts] if poisoned else parts, batch)
                if rows:
                    act(rows, now)
            done += len(rows)
        except Exception as error:
            if not rows or not connection.is_usable():
                raise
            log.warning("sweep_batch_failed", model=parts[0].model.__name__, rows=len(rows), error=repr(error)[:500])
            done += _one_by_one(parts, rows, act, now, postpone, poisoned)
        if len(rows) < batch:
            break
    return done


def _claimed(parts: "Sequence[QuerySet[Any, Row]]", batch: int) -> list[Row]:
    """The next rows, locked: only they, not what is joined to them."""
    rows: list[Row] = []
    for part in parts:
        if len(rows) < batch:
            rows += part.select_for_update(skip_locked=True, of=("self",))[: batch - len(rows)]
    return rows


def _one_by_one(
    parts: "Sequence[QuerySet[Any, Row]]",
    rows: Sequence[Row],
    act: Callable[[Sequence[Row], datetime], object],
    now: datetime,
    postpone: "Postpone[Row] | None",
    poisoned: set[Any],
) -> int:
    done = 0
    for row in rows:
        try:
            with transaction.atomic():
                again = _claimed([part.filter(pk=row.pk) for part in parts], 1)
                if again:
                    act(again, now)
            done += len(again)
        except Exception as error:
            poisoned.add(row.pk)
            log.exception("sweep_row_failed", model=parts[0].model.__name__, pk=row.pk)
            findings.row_failed(row, parts[0].model, error, now)
            if postpone is not None:
                _push_ahead(row, error, now, postpone)
    return done


def _push_ahead(row: Row, error: Exception, now: datetime, postpone: "Postpone[Row]") -> None:
    try:
        with transaction.atomic():
            postpone(row, error, now)
    except Exception:
        log.exception("postpone_failed", pk=row.pk)
