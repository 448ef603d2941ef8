"""Two workers, or a worker and an answer, at once: each step once, nothing left to send."""

from pathlib import Path

import pytest

from oncall import paging
from oncall.engine import escalate
from oncall.models import Notification, Page, StepRun
from oncall.paging import PageRequest
from tests import cast
from tests.cast import NOW
from tests.oncall.pages import by, content
from tests.together import at_once, elsewhere, shared_database

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("root")]


def test_two_workers_run_each_step_once(tmp_path: Path) -> None:
    policy = cast.platform().policy
    paging.open_pages([PageRequest(f"test:{n}", content(), policy.pk, NOW) for n in range(700)], NOW)
    with shared_database(tmp_path):
        assert sum(at_once(*[lambda: escalate.run(NOW)] * 2)) == 700
        assert elsewhere(Notification.objects.count) == 700
        assert elsewhere(StepRun.objects.filter(step=1).count) == 700


def test_acknowledge_and_escalate_at_once_leave_nothing_to_send(tmp_path: Path) -> None:
    crew = cast.platform()
    subjects = [f"test:{n}" for n in range(30)]
    paging.open_pages([PageRequest(subject, content(), crew.policy.pk, NOW) for subject in subjects], NOW)

    def answer() -> int:
        return sum(paging.acknowledge(subject, by(crew.ana), NOW).changed for subject in subjects)

    with shared_database(tmp_path):
        answered, escalated = at_once(answer, lambda: escalate.run(NOW))
        assert answered == 30
        assert isinstance(escalated, int)
        assert elsewhere(Notification.objects.filter(kind="page", state="pending").count) == 0
        assert elsewhere(Page.objects.filter(due_at__isnull=False).count) == 0
