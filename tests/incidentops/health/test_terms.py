"""What is not well is named: jobs, late work, abandoned messages, and what a clock that was set leaves behind."""

from datetime import datetime, timedelta

import pytest
from django.db.models import F

from incidentops.beat import JOBS
from incidentops.health import engine_terms
from incidentops.health.terms import PAGING
from oncall.findings import Found, report
from oncall.models import JobRun, Notification
from tests.cast import NOW

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def well() -> None:
    """Every job ran just now."""
    JobRun.objects.bulk_create(JobRun(task=job.task, done_at=NOW) for job in JOBS)


def failing(now: datetime = NOW) -> dict[str, str]:
    return {term.name: term.detail for term in engine_terms(now) if not term.ok}


def sending(claimed_at: datetime) -> Notification:
    return Notification.objects.create(
        key="k",
        state="sending",
        created_at=claimed_at,
        due_at=claimed_at,
        give_up_at=claimed_at + HOUR,
        claimed_at=claimed_at,
        lease_until_at=claimed_at + timedelta(seconds=60),
    )


def test_an_engine_that_just_ran_is_well() -> None:
    assert failing() == {}
    assert failing(NOW + timedelta(seconds=30)) == {}


def test_a_sweep_older_than_half_a_minute_is_not_well() -> None:
    JobRun.objects.filter(task="oncall.escalate").update(done_at=NOW - timedelta(seconds=31))
    assert failing() == {"oncall.escalate": "The job oncall.escalate last ran 31 s ago."}


def test_the_jobs_that_page_are_those_of_the_paging_worker() -> None:
    assert {"incidents.intake", "oncall.escalate", "oncall.dispatch"} <= PAGING
    assert "oncall.holidays" not in PAGING


def test_a_job_that_only_judges_each_minute_is_no_proof_of_life() -> None:
    assert not {"oncall.audit", "incidents.audit"} & PAGING


def test_a_grave_finding_of_the_audit_is_not_well_and_a_hole_of_next_week_can_wait() -> None:
    report(["hole"], [Found("hole", "h", "A hole next week.", 3)], NOW)
    assert failing() == {}
    report(["unpaged"], [Found("unpaged", "u", "Nobody is paged.", 1)], NOW)
    assert failing() == {"audit": "Nobody is paged."}
    report(["unpaged"], [], NOW)
    assert failing() == {}


def test_a_dead_engine_does_not_look_well_for_an_hour_when_the_clock_is_set_back() -> None:
    """Its last runs lie in the future then: they prove nothing."""
    assert set(failing(NOW - HOUR)) == {job.task for job in JOBS}
    assert "clock was set back" in failing(NOW - HOUR)["oncall.dispatch"]


def test_a_living_engine_is_well_again_with_its_first_run_after_the_clock_was_set() -> None:
    for step in (-HOUR, HOUR):
        assert failing(NOW + step)
        JobRun.objects.update(done_at=NOW + step)
        assert failing(NOW + step) == {}
        JobRun.objects.update(done_at=NOW)


def test_clocks_of_two_machines_may_differ_a_little() -> None:
    JobRun.objects.update(done_at=F("done_at") + timedelta(seconds=5))
    assert failing() == {}


def test_a_message_that_nobody_finishes_is_not_well() -> None:
    sending(NOW - timedelta(seconds=105))
    assert failing() == {}
    assert failing(NOW + timedelta(seconds=6)) == {"lease": "A message being sent was abandoned, and waits: 51 s."}


def test_a_message_claimed_before_the_clock_was_set_back_is_not_well() -> None:
    sending(NOW + HOUR)
    assert "before the clock was set back" in failing()["lease"]
