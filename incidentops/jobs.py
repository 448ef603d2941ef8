"""Writes down when each periodic job came to its end."""

import time
from typing import Any

from celery.signals import task_postrun
from django.db import DatabaseError
from django.utils import timezone

from oncall.models import JobRun

RECORD_EVERY_SECONDS = 5.0
_recorded: dict[str, float] = {}


@task_postrun.connect
def record_run(task: Any = None, state: str = "", **_: Any) -> None:
    """At most every few seconds a job and process: a write per idle tick would cost more than the tick."""
    clock = time.monotonic()
    if state != "SUCCESS" or clock - _recorded.get(task.name, -RECORD_EVERY_SECONDS) < RECORD_EVERY_SECONDS:
        return
    _recorded[task.name] = clock
    try:
        JobRun.objects.update_or_create(task=task.name, defaults={"done_at": timezone.now()})
    except DatabaseError:
        # The job itself reports a database that is away; this light only goes out.
        _recorded.pop(task.name, None)
