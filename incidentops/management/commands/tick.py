"""`manage.py tick`: every job once, in order, with one `now`: for cron-only sites, for tests and for replay."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from incidentops import in_turn
from incidentops.beat import JOBS
from oncall.models import JobRun


class Command(BaseCommand):
    help = "Runs every job once with one instant: intake, what opens or holds pages, escalation, dispatch, the rest."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--at", metavar="INSTANT", help="an RFC 3339 instant with its offset; default: now")

    def handle(self, *_: Any, **options: Any) -> None:
        now = _instant(options["at"]) if options["at"] else timezone.now()
        failed = []
        for ran in in_turn.run(JOBS, now):
            if ran.error is not None:
                failed.append(f"{ran.job.task}: {ran.error}")
                continue
            if not options["at"]:  # /readyz shall know that they ran; a replay is no run
                JobRun.objects.update_or_create(task=ran.job.task, defaults={"done_at": now})
            if ran.rows:
                self.stdout.write(f"{ran.job.task}: {ran.rows}")
        if failed:
            raise CommandError("These jobs failed (the others ran): " + "; ".join(failed))


def _instant(text: str) -> datetime:
    """Raises CommandError (exit status 2) where `text` is no instant with an offset."""
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None or timezone.is_naive(at):
        raise CommandError(f"--at {text!r}: write an instant such as 2026-03-01T10:00:00+00:00", returncode=2)
    return at
