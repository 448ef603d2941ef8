"""Paging that waits: begins to wait when maintenance begins or working hours end, and goes on when they allow it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

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

Judge = Callable[[datetime], Hold | None]


def run(now: datetime) -> int:
    """Hold and release the pages of triggered incidents as maintenance and working hours want it at `now`.

    First every group of incidents with one service and severity is judged, and those concerned are marked as due; an
    edited window or hour counts at once. Then due incidents are changed, claimed by service: the order of locks is
    service, pages, incident. Returns how many services had some.
    """
    _mark(now)
    due = Service.objects.select_related("team").filter(pk__in=_due(now).values("service")).order_by("pk")
    return sweep(due, _act, now, BATCH)


def _due(now: datetime) -> QuerySet[Incident]:
    return Incident.objects.filter(hold_until_at__lte=now)


def _mark(now: datetime) -> None:
    triggered = Incident.objects.filter(state=Incident.State.TRIGGERED)
    groups = set(triggered.order_by().values_list("service_id", "severity_id").distinct())
    services = Service.objects.select_related("team").in_bulk({service for service, _severity in groups})
    severities = Severity.objects.in_bulk()
    holds = Holds(services.values(), now)
    for service, severity in groups:
        if service in services and severity in severities:
            judge = partial(holds.hold, service, severities[severity])
            try:
                _mark_group(triggered.filter(service=service, severity=severity), judge, now)
            except DatabaseError:
                raise
            except Exception as error:  # a window that cannot be read holds nobody, and stops no other
                log.exception("hold_not_judged", service=service, severity=severity)
                findings.row_failed(services[service], Service, error, now)


def _mark_group(incidents: QuerySet[Incident], judge: Judge, now: datetime) -> None:
    hold = judge(now)
    if hold is None:
        incidents.filter(hold_until_at__gt=now).update(hold_until_at=now)
        return
    incidents.filter(hold_until_at__gt=now).exclude(hold_until_at=hold.until_at).update(hold_until_at=hold.until_at)
    free = {incident.subject: incident.pk for incident in incidents.filter(hold_until_at=None).only("pk")}
    incidents.filter(pk__in=_to_hold(free, judge, now), hold_until_at=None).update(hold_until_at=now)


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
