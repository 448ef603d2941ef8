"""Ends of silences: alerts that still burn then want an incident."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Exists, OuterRef

from incidents import intake
from incidents.models import Service
from oncall.engine.loop import sweep


def run(now: datetime) -> int:
    """Services with alerts whose silence is over: claiming the service first keeps the order of locks."""
    waiting = intake.ended(now).filter(service=OuterRef("pk")).order_by()
    return sweep(Service.objects.filter(Exists(waiting)).order_by("pk"), _let_go, now)


def _let_go(services: Sequence[Service], now: datetime) -> None:
    intake.look_again(intake.ended(now).filter(service__in=services), now)
