"""Drains the inbox until nothing waits."""

import threading
import time
from datetime import datetime
from typing import Final

from incidents import intake

# One run leaves its worker to pages and messages after this long; the next one goes on.
MAX_SECONDS: Final = 5.0


# Threads of one worker: one of them drains, so that the others are free for pages and messages.
_alone: Final = threading.Lock()
_asked: Final = threading.Event()


def run(now: datetime) -> int:
    """Rows of the inbox that were looked at; again at once while there are any.

    While another thread of this process is at it, it is asked to look once more, and 0 is returned.
    """
    count, until = 0, time.monotonic() + MAX_SECONDS
    _asked.set()
    # Asked again after the lock is free: whoever found it taken a moment before is heard.
    while _asked.is_set() and _alone.acquire(blocking=False):
        try:
            _asked.clear()
            while done := intake.drain(now):
                count += done
                if time.monotonic() > until:
                    return count
        finally:
            _alone.release()
    return count
