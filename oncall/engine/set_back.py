"""After the wall clock was set back: what waited a minute would else wait for that hour to come again.

Due times are instants, made from a wait and the clock of then. What now waits for longer than its wait ever was begins
it anew: late by one wait at most, never early, and a second look finds nothing. What was held waits for a calendar,
which the new clock reads rightly.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db.models import Max
from django.db.models.functions import Coalesce

from oncall.engine.waiting import SKEW
from oncall.logic.escalation import NO_PLAN, Cursor, longest_wait
from oncall.models import Notification, Page, PolicyVersion
from oncall.paging.versions import plan_of

log = structlog.get_logger(__name__)

_PENDING: Final = Notification.State.PENDING


def run(now: datetime) -> int:
    """Bring back what lies too far ahead of `now`. Returns how many pages and messages.

    Reads what is open and waits: for the first look of a process, and where the clock ran backwards.
    """
    moved = _pages(now) + _messages(now)
    if moved:
        log.warning("clock_was_set_back", moved=moved)
    return moved


def _pages(now: datetime) -> int:
    """One that failed waits for a back-off of minutes, and not for its step."""
    waiting = Page.every.filter(due_at__gt=now + SKEW, held_at=None, failures=0)
    groups = list(waiting.order_by().values_list("policy", "round", "step").annotate(last=Max("due_at")))
    versions = PolicyVersion.objects.in_bulk({policy for policy, *_ in groups if policy})
    plans = {key: plan_of(version) for key, version in versions.items()}
    moved = 0
    for policy, round_, step, last in groups:
        wait = longest_wait(plans.get(policy, NO_PLAN), Cursor(round_, step, last))
        if last > now + wait + SKEW:
            alike = waiting.filter(policy=policy, round=round_, step=step, due_at__gt=now + wait + SKEW)
            moved += alike.update(due_at=now + wait)
    return moved


def _messages(now: datetime) -> int:
    """A person's later contact methods, and tries after a provider's failure. The wait began with the last try or, with
    none, when it was posted."""
    ahead = Notification.every.filter(state=_PENDING, due_at__gt=now + SKEW)
    rows = ahead.annotate(began_at=Coalesce("claimed_at", "created_at")).filter(began_at__gt=now + SKEW)
    return sum(_waits_anew(*row, now) for row in rows.values_list("pk", "due_at", "began_at"))


def _waits_anew(pk: int, due_at: datetime, began_at: datetime, now: datetime) -> int:
    wait = max(due_at - began_at, timedelta(0))
    same = Notification.every.filter(pk=pk, state=_PENDING, due_at=due_at)
    return same.update(due_at=now + wait, claimed_at=now)
