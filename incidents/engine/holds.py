"""Paging that waits: begins to wait when maintenance begins or working hours end, and goes on when they allow it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import product

import structlog
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from incidents import timeline
from incidents.lifecycle.holding import Hold, Holds
from incidents.lifecycle.locks import locked
from incidents.lifecycle.paging_out import held_entry
from incidents.models import Incident, Service, Severity, TimelineEntry
from oncall import findings, paging
from oncall.engine.loop import sweep
from oncall.models import Page

log = structlog.get_logger(__name__)

BATCH = 20  # services
AGAIN = timedelta(minutes=1)
AT_ONCE = 1_000  # incidents of a statement

Judge = Callable[[datetime], Hold | None]


def run(now: datetime) -> int:
    """Hold and release the pages of triggered incidents as maintenance and working hours want it at `now`.

    First every pair of service and severity is judged, and its incidents are marked as due where they are concerned; an
    edited window or hour counts at once. Then due incidents are changed, claimed by service: the order of locks is
    service, pages, incident. Returns how many services had some.
    """
    _mark(now)
    due = Service.objects.select_related("team").filter(pk__in=_due(now).values("service")).order_by("pk")
    return sweep(due, _act, now, BATCH)


def _due(now: datetime) -> QuerySet[Incident]:
    return Incident.objects.filter(hold_until_at__lte=now)


def _mark(now: datetime) -> None:
    """Begins with what the configuration holds: where it holds nobody, and nobody is held, no incident is read."""
    triggered = Incident.objects.filter(state=Incident.State.TRIGGERED)
    held = _groups(triggered.filter(hold_until_at__gt=now))
    judged = dict(_judged(now))
    holding = [group for group, (hold, _judge) in judged.items() if hold is not None]
    some = triggered.filter(service__in={s for s, _ in holding}, severity__in={s for _, s in holding})
    concerned = (_groups(some) & set(holding) if holding else set()) | held & judged.keys()
    for service, severity in sorted(concerned):
        hold, judge = judged[service, severity]
        try:
            _mark_group(triggered.filter(service=service, severity=severity), hold, judge, now)
        except DatabaseError:
            raise
        except Exception as error:
            log.exception("hold_not_marked", service=service, severity=severity)
            findings.row_failed(Service.objects.get(pk=service), Service, error, now)


def _groups(incidents: QuerySet[Incident]) -> set[tuple[int, int]]:
    return set(incidents.order_by().values_list("service_id", "severity_id").distinct())


def _judged(now: datetime) -> Iterator[tuple[tuple[int, int], tuple[Hold | None, Judge]]]:
    """Every service and severity: what holds them now, and how to ask for another instant."""
    services = list(Service.objects.select_related("team"))
    holds = Holds(services, now)
    for service, severity in product(services, list(Severity.objects.all())):
        judge = partial(holds.hold, service.pk, severity)
        try:
            yield (service.pk, severity.pk), (judge(now), judge)
        except DatabaseError:
            raise
        except Exception as error:  # a window that cannot be read holds nobody, and stops no other
            log.exception("hold_not_judged", service=service.pk, severity=severity.pk)
            findings.row_failed(service, Service, error, now)


def _mark_group(incidents: QuerySet[Incident], hold: Hold | None, judge: Judge, now: datetime) -> None:
    if hold is None:
        incidents.filter(hold_until_at__gt=now).update(hold_until_at=now)
        return
    incidents.filter(hold_until_at__gt=now).exclude(hold_until_at=hold.until_at).update(hold_until_at=hold.until_at)
    free = [(incident.subject, incident.pk) for incident in incidents.filter(hold_until_at=None).only("pk")]
    for first in range(0, len(free), AT_ONCE):
        some = _to_hold(dict(free[first : first + AT_ONCE]), judge, now)
        incidents.filter(pk__in=some, hold_until_at=None).update(hold_until_at=now)


def _to_hold(free: Mapping[str, int], judge: Judge, now: datetime) -> set[int]:
    """Incidents (by subject) whose pages have a step ahead, or one that came due within the hold since the last look.

    What was due before the hold began goes out, and so does what a person asked for.
    """
    pages = Page.objects.filter(state=Page.State.OPEN, responder=None, held_at=None, due_at__isnull=False)
    due_at = {(free[s], at) for s, at in pages.filter(subject__in=list(free)).values_list("subject", "due_at") if at}
    late = {(pk, at) for pk, at in due_at if at <= now}
    asked = TimelineEntry.objects.filter(incident__in={pk for pk, _at in late}, kind=TimelineEntry.Kind.PAGED)
    late -= set(asked.exclude(source=TimelineEntry.Source.ENGINE).values_list("incident", "at")) if late else set()
    return {pk for pk, at in due_at if at > now} | {pk for pk, at in late if judge(at)}


def _act(services: Sequence[Service], now: datetime) -> None:
    holds = Holds(services, now)
    for incident in _due(now).filter(service__in=services).order_by("severity__rank", "hold_until_at"):
        try:
            with transaction.atomic():
                _settle(incident, holds, now)
        except Exception as error:
            # Its neighbours are not held up; it is tried again in a minute.
            log.exception("hold_failed", incident=incident.pk)
            findings.row_failed(incident, Incident, error, now)
            Incident.objects.filter(pk=incident.pk).update(hold_until_at=now + AGAIN)


def _settle(incident: Incident, holds: Holds, now: datetime) -> None:
    with locked(incident) as (fresh,):
        if fresh.hold_until_at is None or fresh.hold_until_at > now:
            return
        triggered = fresh.state == Incident.State.TRIGGERED
        hold = holds.hold(fresh.service_id, fresh.severity, now) if triggered else None
        # Released and held again where it goes on for another reason: the page then says which.
        released = paging.release(fresh.subject, now)
        held = paging.hold(fresh.subject, hold.reason, now) if hold else 0
        fresh.hold_until_at = hold.until_at if hold and held else None
        fresh.save(update_fields=["hold_until_at"])
        if hold and held:
            timeline.add_many([held_entry(fresh, hold, now)])
        elif released:
            timeline.add(fresh, TimelineEntry.Kind.RELEASED, _("Paging goes on."), None, now)
