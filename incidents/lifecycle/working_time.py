"""When teams work, as the rules want it: loaded for many services with a bounded number of queries."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Final

from incidents.logic.cadence import BusinessDays
from incidents.models import Service
from oncall.logic.hours import WorkingHours, sound_zone
from oncall.models import Holiday, Team
from oncall.models.fields import DAYS

# A team that set no hours of its own: Monday to Friday, nine to five in its zone.
USUAL_DAYS: Final = frozenset(range(5))
USUAL_START: Final = time(9)
USUAL_END: Final = time(17)
BEHIND: Final = timedelta(days=2)
AHEAD: Final = timedelta(days=402)


class Calendars:
    """The public holidays of the services' teams, two days back and some 400 ahead; one query."""

    def __init__(self, services: Iterable[Service], now: datetime) -> None:
        countries = {service.team.holidays for service in services if service.team and service.team.holidays}
        self._days: dict[str, set[date]] = defaultdict(set)
        if countries:
            rows = Holiday.objects.filter(
                country__in=countries, day_on__gte=(now - BEHIND).date(), day_on__lte=(now + AHEAD).date()
            )
            for country, day in rows.values_list("country", "day_on"):
                self._days[country].add(day)

    def holidays(self, team: Team | None) -> frozenset[date]:
        return frozenset(self._days.get(team.holidays, ()) if team and team.holidays else ())

    def business_days(self, team: Team | None) -> BusinessDays:
        """For the clock "next business day"."""
        hours = working_hours(team)
        return BusinessDays(hours.timezone, hours.days, hours.end, self.holidays(team))


def working_hours(team: Team | None) -> WorkingHours:
    """A team's weekly hours in its zone; a service without a team: the usual hours in UTC."""
    if team is None:
        return WorkingHours(USUAL_DAYS, USUAL_START, USUAL_END, "UTC")
    zone = sound_zone(team.timezone)
    # What a form would refuse may come another way; it must not keep an alert from paging.
    given = team.working_days if isinstance(team.working_days, list) else []
    days = frozenset(DAYS.index(day) for day in given if day in DAYS)
    if not (days and team.works_from and team.works_to):
        return WorkingHours(USUAL_DAYS, USUAL_START, USUAL_END, zone)
    return WorkingHours(days, team.works_from, team.works_to, zone)
