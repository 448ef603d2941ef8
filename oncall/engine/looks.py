"""Whether anything is due, asked each second: what was seen a moment ago need not be read again."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from oncall.engine.waiting import SKEW
from oncall.models import Page

# A look that costs more than this wades through rows that were done long ago: somewhere a transaction was forgotten,
# and for as long as it is open PostgreSQL can clear none of them away.
DEAR_SECONDS: Final = 0.005
WHOLE_EVERY: Final = timedelta(seconds=5)
# A page becomes due as of its alert's receipt, some time before its transaction ends.
OVERLAP: Final = timedelta(seconds=2)


@dataclass(slots=True)
class Looks:
    """One worker's memory of its looks that found nothing. While a look is cheap each is a whole one; else only those
    five seconds apart are, and the others look at what has become due since."""

    whole_at: datetime | None = None
    dear: bool = False
    seen_at: datetime | None = None

    def set_back(self, now: datetime) -> bool:
        """Whether the clock was set back since the last look, or may have been: before the first one nobody looked."""
        before, self.seen_at = self.seen_at, now
        return before is None or before > now + SKEW

    def whole_next(self) -> None:
        """Something changed: the next look sees everything. A page whose alert waited for the drain for long is due
        since before the last whole look."""
        self.whole_at = None

    def since(self, now: datetime) -> datetime | None:
        """From when on to look at `now`; None: at everything."""
        if not self.dear or self.whole_at is None or not self.whole_at <= now < self.whole_at + WHOLE_EVERY:
            return None
        return self.whole_at - OVERLAP

    def any_due(self, now: datetime) -> bool:
        """Whether a page's step is due at `now`; one look at the end of an index."""
        since, began = self.since(now), time.perf_counter()
        next_at = next_due(since)
        found = next_at is not None and next_at <= now
        if since is None:
            self.whole_at, self.dear = now, not found and time.perf_counter() - began > DEAR_SECONDS
        return found


def next_due(since: datetime | None = None) -> datetime | None:
    """When the next step of any page is due, or the earliest that is due since then; None: never."""
    due = Page.every.filter(due_at__isnull=False, held_at=None)
    if since is not None:
        due = due.filter(due_at__gt=since)
    return due.order_by("due_at").values_list("due_at", flat=True).first()
