"""`manage.py tick`: every job once, in order, with one `now`: for cron-only sites, for tests and for replay."""

import contextlib
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.module_loading import import_string

from incidentops.beat import JOBS
from oncall.models import JobRun

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Runs every job once with one instant: intake, what opens or holds pages, escalation, dispatch, the rest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--at", metavar="INSTANT", help="an RFC 3339 instant with its offset; default: now")

    def handle(self, *_: Any, **options: Any) -> None:
        now = _instant(options["at"]) if options["at"] else timezone.now()
        # Everything runs here, in order: asking workers to look would only pile up messages where there is none.
        with _no_nudges():
            failed = self._run(now, noted=not options["at"])
        if failed:
            raise CommandError("These jobs failed (the others ran): " + "; ".join(failed))

    def _run(self, now: datetime, *, noted: bool) -> list[str]:
        """Every job; what failed, one line each. `noted`: /readyz shall know that they ran (a replay is no run)."""
        failed = []
        for job in JOBS:
            try:
                done = import_string(job.run)(now)
            except Exception as error:  # one job's fault must not keep a page from the next
                log.exception("job failed", job=job.task)
                failed.append(f"{job.task}: {error}")
                continue
            if noted:
                JobRun.objects.update_or_create(task=job.task, defaults={"done_at": now})
            if done:
                self.stdout.write(f"{job.task}: {done}")
        return failed


@contextlib.contextmanager
def _no_nudges() -> Iterator[None]:
    before = getattr(settings, "CELERY_NUDGES", True)
    settings.CELERY_NUDGES = False
    try:
        yield
    finally:
        settings.CELERY_NUDGES = before


def _instant(text: str) -> datetime:
    """Raises CommandError (exit status 2) where `text` is no instant with an offset."""
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None or timezone.is_naive(at):
        raise CommandError(f"--at {text!r}: write an instant such as 2026-03-01T10:00:00+00:00", returncode=2)
    return at
