"""Incident numbers: one run per year, without doubles."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from django.db.models import F

from incidents.logic.numbering import format_number
from incidents.models import NumberSequence


def allocate(opened_at: Sequence[datetime]) -> list[str]:
    """One number per instant, in their order; the year is that of the instant in UTC.

    One UPDATE per year of the batch; its row lock orders those who ask at once, until the caller's transaction ends.
    """
    years = [at.astimezone(UTC).year for at in opened_at]
    upcoming = {year: _reserve(year, count) for year, count in sorted(Counter(years).items())}
    numbers = []
    for year in years:
        numbers.append(format_number(year, upcoming[year]))
        upcoming[year] += 1
    return numbers


def _reserve(year: int, count: int) -> int:
    """The first of `count` numbers that now belong to the caller."""
    row = NumberSequence.objects.filter(year=year)
    if not row.update(last=F("last") + count):
        NumberSequence.objects.bulk_create([NumberSequence(year=year, last=0)], ignore_conflicts=True)
        row.update(last=F("last") + count)
    # Our own UPDATE holds the row: nobody else's numbers can be in what is read here.
    return row.get().last - count + 1
