"""Ends of silences: alerts that still burn then want an incident."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from incidents import intake
from incidents.models import Alert, Service
from oncall import findings
from oncall.engine.loop import sweep

log = structlog.get_logger(__name__)

AGAIN = timedelta(minutes=1)


def run(now: datetime) -> int:
    """Services with alerts whose silence is over: claiming the service first keeps the order of locks."""
    waiting = intake.ended(now).filter(service=OuterRef("pk")).order_by()
    return sweep(Service.objects.filter(Exists(waiting)).order_by("pk"), _let_go, now)


def _let_go(services: Sequence[Service], now: datetime) -> None:
    rows = intake.ended(now).filter(service__in=services)
    try:
        with transaction.atomic():
            intake.look_again(rows, now)
    except DatabaseError:
        raise
    except Exception:
        if len(services) > 1:
            raise  # each service by itself first
        _one_by_one(list(rows.order_by("pk").values_list("pk", flat=True)), now)


def _one_by_one(alerts: Sequence[int], now: datetime) -> None:
    """An alert that breaks does not keep its service's others waiting; it is tried again in a minute."""
    for pk in alerts:
        try:
            with transaction.atomic():
                intake.look_again(intake.ended(now).filter(pk=pk), now)
        except DatabaseError:
            raise
        except Exception as error:
            log.exception("silence_end_failed", alert=pk)
            findings.stumbled(
                "incidents.silence_end", _("the end of a silence of alert %(key)d") % {"key": pk}, error, now
            )
            Alert.objects.filter(pk=pk).update(silenced_until_at=now + AGAIN)
