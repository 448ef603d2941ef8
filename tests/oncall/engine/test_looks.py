"""What a worker remembers of looks that found nothing: it saves reading, and hides no page."""

from datetime import timedelta

import pytest

from oncall import nudge, tasks
from oncall.engine import escalate, looks, soon
from oncall.engine.looks import OVERLAP, WHOLE_EVERY, Looks
from oncall.models import Page
from tests import cast
from tests.cast import NOW
from tests.oncall.pages import opened

pytestmark = pytest.mark.django_db


@pytest.fixture
def dear(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """A memory whose looks all cost too much."""
    monkeypatch.setattr(looks, "DEAR_SECONDS", -1.0)
    return Looks()


def test_while_a_look_is_cheap_everything_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "DEAR_SECONDS", 60.0)
    memory = Looks()
    assert not memory.any_due(NOW)
    assert memory.since(NOW + timedelta(seconds=1)) is None


def test_a_dear_look_is_not_taken_again_for_some_seconds(dear: Looks) -> None:
    assert not dear.any_due(NOW)
    assert dear.since(NOW + timedelta(seconds=1)) == NOW - OVERLAP
    assert dear.since(NOW + WHOLE_EVERY) is None


def test_a_clock_that_was_set_back_has_everything_looked_at(dear: Looks) -> None:
    assert not dear.any_due(NOW)
    assert dear.since(NOW - timedelta(seconds=1)) is None


def test_what_becomes_due_is_found_between_whole_looks(dear: Looks) -> None:
    company = cast.platform(NOW)
    assert escalate.run(NOW, dear) == 0
    opened(company.policy, NOW + timedelta(seconds=1))
    assert escalate.run(NOW + timedelta(seconds=1), dear) == 1


def test_a_page_due_as_of_long_ago_waits_for_the_next_whole_look_at_most(dear: Looks) -> None:
    company = cast.platform(NOW)
    assert escalate.run(NOW, dear) == 0
    opened(company.policy, NOW - timedelta(minutes=10))
    assert escalate.run(NOW + WHOLE_EVERY, dear) == 1
    assert Page.objects.get().step == 2


@pytest.mark.parametrize(("asked", "found"), [({nudge.HEADER: True}, 1), ({}, 0)])
def test_a_nudge_finds_a_page_due_as_of_long_ago_at_once(
    dear: Looks, monkeypatch: pytest.MonkeyPatch, asked: dict[str, bool], found: int
) -> None:
    """Its alert had waited for the drain; on a busy machine most looks count as dear."""
    company = cast.platform(NOW)
    assert escalate.run(NOW, dear) == 0
    opened(company.policy, NOW - timedelta(seconds=30))
    monkeypatch.setattr(tasks, "_LOOKS", dear)
    monkeypatch.setattr(tasks.timezone, "now", lambda: NOW + timedelta(seconds=1))
    monkeypatch.setattr(soon, "AHEAD_SECONDS", 0.0)
    tasks.escalate_due.push_request(**asked)
    try:
        assert tasks.escalate_due.run() == found
    finally:
        tasks.escalate_due.pop_request()
