"""What became of the canaries: the last one, and thirty days of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate

from oncall.models import CanaryRun

EVERY: Final = timedelta(minutes=15)
WITHIN: Final = timedelta(seconds=60)
DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Share:
    """So many runs: how many of them were accepted, and how many received in time."""

    runs: int = 0
    accepted: int = 0
    received: int = 0


@dataclass(frozen=True, slots=True)
class Day(Share):
    """The runs of one day in UTC."""

    on: date = date.min


def ended() -> QuerySet[CanaryRun]:
    """Runs that came to an end, good or bad, the last first."""
    return CanaryRun.objects.filter(Q(received_at__isnull=False) | ~Q(failed=""))


def month(now: datetime) -> list[Day]:
    """The thirty days up to and with today, the oldest first; one query."""
    today = now.astimezone(UTC).date()
    first = today - timedelta(days=DAYS - 1)
    since = datetime.combine(first, datetime.min.time(), UTC)
    rows = ended().filter(again=False, posted_at__gte=since).order_by()
    rows_by_day = rows.values(on=TruncDate("posted_at", tzinfo=UTC)).annotate(
        runs=Count("pk"), accepted=Count("accepted_at"), received=Count("received_at")
    )
    found = {row["on"]: Day(row["runs"], row["accepted"], row["received"], row["on"]) for row in rows_by_day}
    days = (first + timedelta(days=number) for number in range(DAYS))
    return [found.get(on, Day(on=on)) for on in days]


def total(days: Sequence[Day]) -> Share:
    """All days together."""
    return Share(sum(d.runs for d in days), sum(d.accepted for d in days), sum(d.received for d in days))
