"""A provider that was ill and takes messages again: what failed meanwhile need not wait out its pause.

A pause is there so that a provider which is ill is left alone; when all failed and then one is taken, it is well. What
fails after that waits as ever: one address that is always refused is not tried again for each that is not. A process
remembers what it was answered itself; one that has just begun takes its first success for a recovery.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from oncall import nudge, outbox
from oncall.models import Notification

ILL: Final = 4  # failures in a row of a lane
# So many at once, so often: its return is no stampede.
AT_ONCE: Final = 25
APART_SECONDS: Final = 0.25
# Whoever began after the failures does not know when the provider wants to be asked again: back-off's first pauses.
UNHEARD: Final = timedelta(seconds=36)


@dataclass(slots=True)
class _Lane:
    """`asked_until`: when its provider wants to be asked again (Retry-After). `well_at`: since when it takes messages
    again, while some that it refused may still wait. `ahead`: how far. `heard`: whether it answered this process
    before. `brought`: monotonic seconds."""

    failures: int = 0
    asked_until: datetime | None = None
    well_at: datetime | None = None
    ahead: timedelta = UNHEARD
    heard: bool = False
    brought: float = -APART_SECONDS


_lanes: dict[str, _Lane] = {}


def failed(name: str, retry_after: timedelta | None, now: datetime) -> None:
    """A message of the lane is put off."""
    lane = _lanes.setdefault(name, _Lane())
    lane.heard, lane.ahead = True, outbox.GIVE_UP_AFTER
    lane.failures += 1
    if retry_after:
        lane.asked_until = max(lane.asked_until or now, now + retry_after)


def taken(name: str, now: datetime) -> int:
    """The provider took a message. Some of those that it refused while it was ill are due now; how many."""
    lane = _lanes.setdefault(name, _Lane())
    if lane.failures >= ILL or not lane.heard:
        lane.well_at = now
    lane.heard, lane.failures = True, 0
    clock = time.monotonic()
    if lane.well_at is None or clock - lane.brought < APART_SECONDS:
        return 0
    if lane.asked_until is not None and now < lane.asked_until:
        return 0
    lane.brought = clock
    brought = _bring_forward(name, lane.well_at, now, now + lane.ahead)
    if brought:
        nudge.look(outbox.TASK)
    else:
        lane.well_at = lane.asked_until = None
    return brought


def _bring_forward(name: str, well_at: datetime, now: datetime, until: datetime) -> int:
    """The most urgent of those whose latest try was before that."""
    tried = Notification.every.filter(
        lane=name, state=Notification.State.PENDING, attempts__gt=0, claimed_at__lt=well_at
    )
    refused = tried.filter(due_at__gt=now, due_at__lte=until)
    rows = refused.order_by("rank", "due_at")
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    with transaction.atomic():
        return refused.filter(pk__in=rows.values("pk")[:AT_ONCE]).update(due_at=now)
