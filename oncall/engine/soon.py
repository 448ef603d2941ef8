"""Steps that fall due between two ticks of the beat, which knows no part of a second, are run when they are due."""

import threading
import time
from datetime import datetime, timedelta
from typing import Final

from oncall.engine import escalate
from oncall.engine.looks import Looks, next_due

# Of the second until the next tick.
AHEAD_SECONDS: Final = 0.8
# Pages that are due in this time are done together.
APART_SECONDS: Final = 0.2

# Of a worker's threads one waits; the others are free for alerts and messages.
_alone: Final = threading.Lock()


def run(now: datetime, looks: Looks) -> int:
    """Run what is due at `now` and what falls due within 0.8 seconds after it; how many pages moved on.

    Instants after `now` are its own clock moved on. Where another thread waits already, only what is due now is run.
    """
    began = time.monotonic()
    done = escalate.run(now, looks)
    if _alone.acquire(blocking=False):
        try:
            while (wait := _wait(now, began)) is not None:
                time.sleep(wait)
                done += escalate.run(_clock(now, began), looks)
        finally:
            _alone.release()
    return done


def _clock(now: datetime, began: float) -> datetime:
    return now + timedelta(seconds=time.monotonic() - began)


def _wait(now: datetime, began: float) -> float | None:
    """How many seconds until something is to be run; None: not before the next tick."""
    next_at = next_due(now - timedelta(seconds=AHEAD_SECONDS))
    if next_at is None:
        return None
    wait = max((next_at - _clock(now, began)).total_seconds(), APART_SECONDS)
    return wait if time.monotonic() - began + wait <= AHEAD_SECONDS else None
