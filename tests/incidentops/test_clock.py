"""The beat survives what clocks and people do to it."""

from datetime import datetime, timedelta

import pytest
import time_machine
from celery import current_app
from django.core.management import call_command
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from incidentops.beat import JOBS
from incidentops.clock import Entry, Scheduler

# Celery closes database connections as it starts, which a test inside a transaction does not survive on PostgreSQL.
pytestmark = pytest.mark.django_db(transaction=True)


def test_every_job_is_an_entry_that_expires() -> None:
    Scheduler(app=current_app).setup_schedule()
    rows = {row.name: row for row in PeriodicTask.objects.all()}
    for job in JOBS:
        assert rows[job.task].enabled
        assert rows[job.task].expire_seconds
        assert rows[job.task].queue == job.queue


def test_a_clock_set_back_an_hour_silences_nothing() -> None:
    scheduler = Scheduler(app=current_app)
    scheduler.setup_schedule()
    row = PeriodicTask.objects.get(name="oncall.escalate")
    row.last_run_at = timezone.now() + timedelta(hours=1)
    row.no_changes = True
    row.save()
    assert Entry(row, app=current_app).is_due().is_due


def test_a_job_switched_off_by_a_click_is_a_failing_check() -> None:
    scheduler = Scheduler(app=current_app)
    scheduler.setup_schedule()
    PeriodicTask.objects.filter(name="oncall.escalate").update(enabled=False)
    with pytest.raises(Exception, match=r"oncall\.escalate is switched off"):
        call_command("check", databases=["default"])


def test_the_next_instants_are_reckoned_anew_when_the_clock_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Celery's heap would wait until the hour comes again."""
    scheduler = Scheduler(app=current_app)
    called: list[str] = []
    monkeypatch.setattr(scheduler, "apply_entry", lambda entry, producer=None: called.append(entry.name))
    monkeypatch.setattr(Scheduler, "producer", None)
    now = timezone.now().replace(microsecond=0)

    def beat_for(start: datetime, seconds: int) -> set[str]:
        called.clear()
        for second in range(seconds):
            with time_machine.travel(start + timedelta(seconds=second), tick=False):
                while scheduler.tick() == 0:
                    pass
        return set(called)

    frequent = {job.task for job in JOBS if job.every_seconds <= 15}
    assert frequent <= beat_for(now, 20)
    assert frequent <= beat_for(now - timedelta(hours=1), 20)
    assert frequent <= beat_for(now + timedelta(hours=1), 20)
