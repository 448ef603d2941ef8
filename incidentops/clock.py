"""The beat's scheduler: django-celery-beat's, mended where a clock that steps back would silence the pager."""

import time
from datetime import datetime, timedelta
from typing import Any, Final

from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

STEP_SECONDS: Final = 1.0  # a clock that is only slewed, or a machine that pauses, stays below it in one tick


class Entry(ModelEntry):
    last_run_at: datetime | None

    def is_due(self) -> Any:
        """A last run in the future (the wall clock was set back since) counts as due, once, now."""
        now = self._default_now()
        if self.last_run_at and self.last_run_at > now:
            self.last_run_at = now - timedelta(days=1)
        return super().is_due()


class Scheduler(DatabaseScheduler):
    """Celery keeps the next instants in a heap and looks at none before its time: after an hour's step back, not for
    an hour. A clock that runs apart from the monotonic one was set, so the heap is made anew."""

    Entry = Entry
    _ahead: float | None = None

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        ahead = time.time() - time.monotonic()
        if self._ahead is not None and abs(ahead - self._ahead) > STEP_SECONDS:
            self._heap = None
        self._ahead = ahead
        return super().tick(*args, **kwargs)
