"""Drains the inbox until nothing waits."""

import time
from datetime import datetime
from typing import Final

from incidents import intake

# One run leaves its worker to pages and messages after this long; the next one goes on.
MAX_SECONDS: Final = 5.0


def run(now: datetime) -> int:
    """Rows of the inbox that were looked at; again at once while there are any."""
    began = time.monotonic()
    count = 0
    while done := intake.drain(now):
        count += done
        if time.monotonic() - began > MAX_SECONDS:
            break
    return count
