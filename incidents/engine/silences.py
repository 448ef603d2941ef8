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
# A silence may have held a storm: its end is worked on like one, in batches.
AT_ONCE = 500
MOST_TURNS = 40


def run(now: datetime) -> int:
    """Services with alerts whose silence is over, so many alerts at a time, until none is left: claiming the service
    first keeps the order of locks."""
    waiting = intake.ended(now).filter(service=OuterRef("pk")).order_by()
    count = 0
    for _turn in range(MOST_TURNS):
        done = sweep(Service.objects.filter(Exists(waiting)).order_by("pk"), _let_go, now)
        count += done
        if not done:
            break
    return count


def _let_go(services: Sequence[Service], now: datetime) -> None:
    ended = intake.ended(now)
    urgent_first = ended.filter(service__in=services).order_by("severity__rank", "pk")
    some = list(urgent_first.values_list("pk", flat=True)[:AT_ONCE])
    try:
        with transaction.atomic():
            intake.look_again(ended.filter(pk__in=some), now)
    except DatabaseError:
        raise
    except Exception:
        if len(services) > 1:
            raise  # each service by itself first
        _one_by_one(some, now)


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
