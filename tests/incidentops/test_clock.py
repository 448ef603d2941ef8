"""The beat survives what clocks and people do to it."""

from datetime import timedelta

import pytest
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
