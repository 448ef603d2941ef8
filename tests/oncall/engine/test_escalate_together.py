"""The batches of one tick read once whom targets mean, and what was read wrong is read again."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oncall.engine import escalate
from oncall.models import EscalationPolicy, Page
from oncall.paging.directory import Directory
from tests import cast
from tests.cast import NOW
from tests.oncall.pages import opened, paged

pytestmark = pytest.mark.django_db


@pytest.fixture
def policy() -> EscalationPolicy:
    return cast.platform().policy


def due(policy: EscalationPolicy, count: int) -> list[Page]:
    return [opened(policy, subject=f"test:{Page.objects.count()}") for _page in range(count)]


def people_read(tick: escalate.Tick, pages: list[Page]) -> bool:
    with CaptureQueriesContext(connection) as captured:
        tick.act(pages, NOW)
    return any('FROM "oncall_user"' in query["sql"] for query in captured)


def test_the_second_batch_of_a_tick_reads_no_person_again(policy: EscalationPolicy) -> None:
    tick = escalate.Tick(Directory(NOW))
    assert people_read(tick, due(policy, 2))
    assert not people_read(tick, due(policy, 2))
    assert len(paged()) == 4


def test_a_page_that_is_looked_at_alone_is_looked_at_afresh(policy: EscalationPolicy) -> None:
    tick = escalate.Tick(Directory(NOW))
    people_read(tick, due(policy, 2))
    assert people_read(tick, due(policy, 1))


def test_after_a_batch_that_failed_people_are_read_again(
    policy: EscalationPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    tick = escalate.Tick(Directory(NOW))
    people_read(tick, due(policy, 2))

    def fail(*_arguments: object) -> None:
        raise ValueError

    with monkeypatch.context() as broken, pytest.raises(ValueError):
        broken.setattr(escalate, "page_drafts", fail)
        tick.act(due(policy, 2), NOW)
    assert people_read(tick, due(policy, 2))
