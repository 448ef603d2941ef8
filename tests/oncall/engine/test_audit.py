"""The audit of each minute: whoever would not be paged is found, and found no more when it is mended."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from incidentops.beat import JOBS
from oncall import findings, paging
from oncall.engine import audit
from oncall.models import AuditFinding, ContactMethod, JobRun, Page
from tests import cast
from tests.cast import NOW
from tests.oncall.pages import by, minutes, opened

pytestmark = pytest.mark.django_db


def found(now=NOW) -> list[tuple[str, str]]:
    audit.run(now)
    return [(row.kind, row.text) for row in findings.standing()]


@pytest.fixture
def company() -> cast.Platform:
    return cast.platform()


def test_a_calm_company_has_no_finding(company: cast.Platform) -> None:
    assert found() == []


def test_an_open_page_without_a_next_step_is_found_until_it_has_one(company: cast.Platform) -> None:
    page = opened(company.policy)
    Page.objects.update(due_at=None)
    [(kind, text)] = found()
    assert kind == "stuck"
    assert f"page of Checkout (number {page.pk})" in text
    Page.objects.update(due_at=NOW + minutes(5))
    assert found(NOW + minutes(1)) == []
    assert AuditFinding.objects.get().subject == page.subject


def test_answered_held_and_told_pages_are_not_stuck(company: cast.Platform) -> None:
    for number, change in enumerate([{"held_at": NOW}, {"exhausted_at": NOW}, {"rank": 3}]):
        page = opened(company.policy, subject=f"test:{number}")
        Page.objects.filter(pk=page.pk).update(due_at=None, **change)
    opened(company.policy, subject="test:ack")
    paging.acknowledge("test:ack", by(company.ana), NOW)
    assert found() == []


def test_no_page_is_found_by_its_title(company: cast.Platform) -> None:
    """Whoever reads findings may not see every page, and what is public now may turn private."""
    for private in (True, False):
        opened(company.policy, private=private, subject=f"test:{private}")
    Page.objects.update(due_at=None)
    assert [text for _kind, text in found() if "High error rate" in text] == []


def test_late_pages_are_one_finding(company: cast.Platform) -> None:
    for number in range(3):
        opened(company.policy, NOW - minutes(2), subject=f"test:{number}")
    assert found() == [], "the first look of all finds what nobody has had the time for"
    JobRun.objects.create(task=audit.TASK, done_at=NOW - minutes(1))
    [(kind, text)] = found()
    assert (kind, "3 pages" in text) == ("late", True)


def test_after_a_standstill_or_a_clock_set_forth_what_is_late_has_a_minute_to_be_done(company: cast.Platform) -> None:
    opened(company.policy)
    later = NOW + timedelta(hours=1)
    JobRun.objects.create(task=audit.TASK, done_at=NOW)
    assert found(later) == []
    JobRun.objects.update(done_at=later)
    assert [kind for kind, _text in found(later + minutes(1))] == ["late"]


def test_whoever_is_on_call_and_cannot_be_reached_is_found_with_the_reason(company: cast.Platform) -> None:
    ContactMethod.objects.filter(user=company.ana).update(verified_at=None)
    [(kind, text)] = found()
    assert kind == "unreachable"
    assert "Ana" in text
    assert "no verified contact method" in text


def test_a_job_that_is_switched_off_is_found(company: cast.Platform) -> None:
    every = IntervalSchedule.objects.create(every=1, period="seconds")
    for job in JOBS:
        PeriodicTask.objects.create(name=job.task, task=job.task, interval=every)
    assert found() == []
    PeriodicTask.objects.filter(name="oncall.escalate").update(enabled=False)
    PeriodicTask.objects.filter(name="oncall.dispatch").delete()
    said = {text.split()[2]: text for _kind, text in found()}
    assert set(said) == {"oncall.escalate", "oncall.dispatch"}
    assert "switched off" in said["oncall.escalate"]
    assert "does not run" in said["oncall.dispatch"]


def test_a_job_that_runs_no_more_is_found(company: cast.Platform) -> None:
    for job in JOBS:
        JobRun.objects.create(task=job.task, done_at=NOW - timedelta(seconds=5))
    assert found() == []
    JobRun.objects.filter(task="oncall.escalate").update(done_at=NOW - minutes(1))
    [(kind, text)] = found()
    assert (kind, "oncall.escalate" in text) == ("job", True)


def test_what_is_found_again_is_the_same_row_and_what_comes_back_is_a_new_one(company: cast.Platform) -> None:
    opened(company.policy)
    Page.objects.update(due_at=None)
    assert audit.run(NOW) == 1
    assert audit.run(NOW + minutes(1)) == 0
    row = AuditFinding.objects.get()
    assert (row.found_at, row.seen_at) == (NOW, NOW + minutes(1))
    Page.objects.update(state="resolved")
    assert audit.run(NOW + minutes(2)) == 1
    Page.objects.update(state="open")
    audit.run(NOW + minutes(3))
    assert AuditFinding.objects.count() == 2


def test_the_cost_does_not_grow_with_the_pages(company: cast.Platform) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            audit.run(NOW)
        return len(queries)

    for number in range(3):
        opened(company.policy, subject=f"test:{number}")
    audit.run(NOW)
    few = cost()
    for number in range(3, 60):
        opened(company.policy, subject=f"test:{number}")
    assert cost() == few
