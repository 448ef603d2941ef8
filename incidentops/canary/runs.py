"""The rows of canaries: when the next one is due, what became of it, and nothing left of what it was on its way."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from incidents.lifecycle.locks import lock_services
from incidents.models import Alert, InboxItem, Incident, Service
from oncall.canary import EVERY, WITHIN
from oncall.models import CanaryRun, Notification, Page
from oncall.models.canary import LOOPBACK

#: After one that failed the next comes early, so that the light is not red for longer than need be.
AGAIN: Final = timedelta(seconds=30)
#: Whoever posted it was stopped meanwhile.
ABANDONED: Final = WITHIN + timedelta(seconds=90)
KEPT: Final = timedelta(days=35)
_SKEW: Final = timedelta(seconds=10)


def due(now: datetime) -> bool:
    """Whether one is to be posted at `now`, by the last one, whoever's it was."""
    last = CanaryRun.objects.first()
    if last is None:
        return True
    age = now - last.posted_at
    if age < -_SKEW:
        return True  # the clock was set back: it says nothing
    if last.failed:
        return now - (last.accepted_at or last.posted_at) >= (WITHIN + AGAIN if last.accepted_at else AGAIN)
    return age >= (EVERY if last.received_at else ABANDONED)


def begin(service: Service, now: datetime) -> CanaryRun | None:
    """The row of a new run; None where another watchdog was first. Forgets old ones, and those that were abandoned."""
    with transaction.atomic():
        lock_services([service.pk])
        if not due(now):
            return None
        CanaryRun.objects.filter(posted_at__lt=now - KEPT).delete()
        CanaryRun.objects.filter(received_at=None, failed="").delete()
        counted = CanaryRun.objects.filter(again=False).first()
        young = counted is not None and timedelta(0) <= now - counted.posted_at < EVERY
        return CanaryRun.objects.create(posted_at=now, again=young)


def missed(seconds: float, why: str, now: datetime) -> int:
    """Rows for the runs that could not even be posted in the last `seconds`; how many."""
    count = int(seconds / EVERY.total_seconds())
    rows = [CanaryRun(posted_at=now - EVERY * number, failed=why) for number in range(count, 0, -1)]
    CanaryRun.objects.bulk_create(rows)
    return count


def received_at(token: str) -> datetime | None:
    """When the message of the alert with this dedup key arrived at the loopback; None: not yet."""
    incident = _alerts(token).values_list("incident", flat=True).first()
    if incident is None:
        return None
    messages = Notification.every.filter(page__subject=Incident(pk=incident).subject, transport=LOOPBACK)
    return messages.filter(state=Notification.State.SENT).values_list("sent_at", flat=True).first()


def stands(token: str) -> str:
    """Where the alert with this dedup key got stuck, in words."""
    alert = _alerts(token).first()
    if alert is None:
        return _("it was accepted and still waits in the inbox")
    if alert.incident_id is None:
        return _("its alert opened no incident")
    if Notification.every.filter(page__subject=Incident(pk=alert.incident_id).subject).exists():
        return _("its message was made and not sent")
    return _("its page was opened and no step of it was run")


def forget(service: Service) -> None:
    """Delete what canaries were on their way. Under the locks of the engine's own order: whoever works on one of these
    rows now is waited for, and whoever comes later finds none."""
    with transaction.atomic():
        lock_services([service.pk])
        pages = Page.every.filter(canary=True)
        list(pages.select_for_update().order_by("pk").values_list("pk"))
        pages.delete()
        Alert.every.filter(service=service).delete()
        Incident.every.filter(service=service, number=None).delete()
        InboxItem.every.filter(integration__service=service).delete()


def _alerts(token: str) -> "QuerySet[Alert]":
    return Alert.every.filter(dedup_key=token, service__canary=True)
