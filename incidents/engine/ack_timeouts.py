"""Acknowledged, and then not a word from anybody: page again."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from incidents import timeline
from incidents.lifecycle.locks import locked
from incidents.lifecycle.paging_out import page_again
from incidents.models import Incident, Service, TimelineEntry
from oncall import findings
from oncall.engine.loop import sweep

log = structlog.get_logger(__name__)

BATCH = 20  # services
AGAIN = timedelta(minutes=1)


def run(now: datetime) -> int:
    """Trigger and page again every incident whose acknowledgement timed out. Returns how many services had some.

    Claims services, not incidents: the order of locks is service, pages, incident.
    """
    due = Service.objects.filter(pk__in=_due(now).values("service")).order_by("pk")
    return sweep(due, _act, now, BATCH)


def _due(now: datetime) -> QuerySet[Incident]:
    return Incident.objects.filter(ack_due_at__lte=now, state=Incident.State.ACKNOWLEDGED)


def _act(services: Sequence[Service], now: datetime) -> None:
    for incident in _due(now).filter(service__in=services).order_by("severity__rank", "ack_due_at"):
        try:
            with transaction.atomic():
                _page_again(incident, now)
        except Exception as error:
            # Its neighbours are not held up; it is tried again in a minute.
            log.exception("ack_timeout_failed", incident=incident.pk)
            findings.row_failed(incident, Incident, error, now)
            Incident.objects.filter(pk=incident.pk).update(ack_due_at=now + AGAIN)


def _page_again(incident: Incident, now: datetime) -> None:
    with locked(incident) as (fresh,):
        if fresh.state != Incident.State.ACKNOWLEDGED or fresh.ack_due_at is None or fresh.ack_due_at > now:
            return
        text = _("No entry by a person for %(minutes)d minutes: paging again.") % {
            "minutes": fresh.severity.ack_timeout_minutes or 0
        }
        timeline.add(fresh, TimelineEntry.Kind.TIMEOUT, text, None, now)
        page_again(fresh, _("The acknowledgement timed out."), now)
