"""The beat's scheduler: django-celery-beat's, mended where a clock that steps back would silence the pager."""

from datetime import datetime, timedelta
from typing import Any

from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry


class Entry(ModelEntry):
    last_run_at: datetime | None

    def is_due(self) -> Any:
        """A last run in the future (the wall clock was set back since) counts as due, once, now."""
        now = self._default_now()
        if self.last_run_at and self.last_run_at > now:
            self.last_run_at = now - timedelta(days=1)
        return super().is_due()


class Scheduler(DatabaseScheduler):
    Entry = Entry
