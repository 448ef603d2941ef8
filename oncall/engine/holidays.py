"""Copies public holidays into rows, so that past clocks do not move when the library is updated."""

from datetime import datetime

import structlog
from django.db import transaction

from oncall.models import Holiday, Team, User

log = structlog.get_logger(__name__)


def run(now: datetime) -> int:
    """Fill this year and the next for every country that somebody names; years that have rows are left as edited."""
    named = set(User.objects.exclude(holidays="").values_list("holidays", flat=True))
    named |= set(Team.objects.exclude(holidays="").values_list("holidays", flat=True))
    if not named:
        return 0
    years = (now.year, now.year + 1)
    known = set(
        Holiday.objects.filter(country__in=named, day_on__year__in=years)
        .values_list("country", "day_on__year")
        .distinct()
    )
    wanted = [(country, year) for country in sorted(named) for year in years if (country, year) not in known]
    return sum(_copy(country, year) for country, year in wanted)


def _copy(country: str, year: int) -> int:
    """The library's days of one country and year as rows; an unknown country is logged, never raised."""
    import holidays  # noqa: PLC0415  # half a second and tens of megabytes: only this job pays for them

    code, _, subdivision = country.partition("-")
    known = holidays.list_supported_countries()
    if code not in known or (subdivision and subdivision not in known[code]):
        log.warning("no public holidays known", country=country)
        return 0
    days = holidays.country_holidays(code, subdiv=subdivision or None, years=year)
    rows = [
        Holiday(country=country, day_on=day, name=name[:200]) for day, name in sorted(days.items()) if day.year == year
    ]
    with transaction.atomic():
        return len(Holiday.objects.bulk_create(rows, ignore_conflicts=True))
