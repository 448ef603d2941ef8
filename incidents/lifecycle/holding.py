"""Whether paging waits: for the end of a service's maintenance, or for its team's next working hour."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from incidents.lifecycle.working_time import Calendars, working_hours
from incidents.logic.maintenance import Window, holds_at
from incidents.models import Maintenance, Service, Severity
from oncall.logic.hours import is_working, next_working_instant, sound_zone


@dataclass(frozen=True, slots=True)
class Hold:
    """Nobody is paged before `until_at` (aware UTC); `reason` in words for people."""

    until_at: datetime
    reason: str


class Holds:
    """Answers for any of the services given (with their teams loaded), from two queries."""

    def __init__(self, services: Iterable[Service], now: datetime) -> None:
        self._services = {service.pk: service for service in services}
        self.calendars = Calendars(self._services.values(), now)
        self._windows: dict[int, list[Window]] = defaultdict(list)
        for row in Maintenance.objects.filter(current(now), service__in=self._services):
            team = self._services[row.service_id].team
            self._windows[row.service_id].append(window(row, team.timezone if team else "UTC"))

    def maintenance(self, service_id: int, now: datetime) -> Hold | None:
        """The service's maintenance, if any holds now."""
        end = holds_at(self._windows.get(service_id, []), now)
        return Hold(end, _("maintenance")) if end else None

    def hold(self, service_id: int, severity: Severity, now: datetime) -> Hold | None:
        """Why and until when a page of this severity waits; None: it goes out now."""
        return self.maintenance(service_id, now) or self._outside_hours(service_id, severity, now)

    def _outside_hours(self, service_id: int, severity: Severity, now: datetime) -> Hold | None:
        if severity.page != Severity.Paging.WORKING_HOURS:
            return None
        team = self._services[service_id].team
        hours, holidays = working_hours(team), self.calendars.holidays(team)
        if is_working(hours, holidays, now):
            return None
        opens_at = next_working_instant(hours, holidays, now)
        # A team that never works: better to page now than never.
        return Hold(opens_at, _("outside working hours")) if opens_at else None


def current(now: datetime) -> Q:
    """Maintenance rows that may hold at `now`: those running, and every weekly one that has begun and not ended."""
    once = Q(weekly=False, ends_at__gt=now)
    weekly = Q(weekly=True) & (Q(repeat_until_at=None) | Q(repeat_until_at__gt=now))
    return Q(starts_at__lte=now) & (once | weekly)


def window(row: Maintenance, zone: str) -> Window:
    """A row as the rule reads it, in its team's zone."""
    return Window(row.starts_at, row.ends_at, row.weekly, sound_zone(zone), row.repeat_until_at)
