"""Writing configuration so that its history is kept, stamped with the run's own instant."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, TypeVar

from django.db.models import Model
from simple_history.utils import bulk_create_with_history

REASON: Final = "configuration file"
_BATCH: Final = 500

M = TypeVar("M", bound=Model)


def create(model: type[M], rows: Sequence[M], now: datetime) -> None:
    """Insert rows and their history in a few statements."""
    if rows:
        bulk_create_with_history(list(rows), model, batch_size=_BATCH, default_change_reason=REASON, default_date=now)


def save(row: Model, columns: Iterable[str], now: datetime) -> None:
    """Write these columns only, so that the engine's own keep what a worker wrote meanwhile."""
    _stamp(row, now)
    row.save(update_fields=list(columns))


def delete(rows: Iterable[Model], now: datetime) -> None:
    """Delete one by one, so that each leaves its history."""
    for row in rows:
        _stamp(row, now)
        row.delete()


def _stamp(row: Model, now: datetime) -> None:
    # How simple-history is told; they are read from the instance.
    row._history_date = now  # type: ignore[attr-defined]
    row._change_reason = REASON  # type: ignore[attr-defined]
