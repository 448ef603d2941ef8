"""Runs jobs one after the other in this process, without a broker: for `tick` and for the watchdog."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from incidentops.beat import Job

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a job did: how many rows, or why it failed."""

    job: Job
    rows: int = 0
    error: Exception | None = None


def run(jobs: Iterable[Job], now: datetime) -> list[Ran]:
    """Every job in order, all with one instant; a job that fails is logged and keeps none of the others from running.

    Nudges are off meanwhile: asking workers to look would only pile up messages where there is none.
    """
    with _no_nudges():
        return [_one(job, now) for job in jobs]


def _one(job: Job, now: datetime) -> Ran:
    try:
        return Ran(job, import_string(job.run)(now))
    except Exception as error:
        log.exception("job failed", job=job.task)
        return Ran(job, error=error)


@contextlib.contextmanager
def _no_nudges() -> Iterator[None]:
    before = getattr(settings, "CELERY_NUDGES", True)
    settings.CELERY_NUDGES = False
    try:
        yield
    finally:
        settings.CELERY_NUDGES = before
