"""What falls due between two ticks does not wait for the second."""

import threading
import time
from datetime import timedelta

import pytest

from oncall.engine import soon
from oncall.engine.looks import Looks
from oncall.models import Page, StepRun
from tests import cast
from tests.cast import NOW
from tests.oncall.pages import opened

pytestmark = pytest.mark.django_db


def test_a_step_due_before_the_next_tick_is_run_when_it_is_due() -> None:
    policy = cast.platform(NOW).policy
    first = opened(policy, NOW, subject="test:1")
    second = opened(policy, NOW + timedelta(seconds=0.3), subject="test:2")
    later = opened(policy, NOW + timedelta(seconds=0.95), subject="test:3")
    assert soon.run(NOW, Looks()) == 2
    assert dict(StepRun.objects.values_list("page", "ran_at"))[first.pk] == NOW
    ran_at = StepRun.objects.get(page=second).ran_at
    assert second.due_at is not None
    assert second.due_at <= ran_at < NOW + timedelta(seconds=soon.AHEAD_SECONDS + 0.1)
    assert Page.objects.get(pk=later.pk).step == 1


def test_where_nothing_falls_due_soon_nobody_waits() -> None:
    opened(cast.platform(NOW).policy, NOW + timedelta(seconds=5))
    began = time.monotonic()
    assert soon.run(NOW, Looks()) == 0
    assert time.monotonic() - began < soon.APART_SECONDS


def test_while_one_thread_waits_the_others_do_only_what_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = cast.platform(NOW).policy
    opened(policy, NOW, subject="test:1")
    opened(policy, NOW + timedelta(seconds=0.3), subject="test:2")
    waiting = threading.Lock()
    waiting.acquire()
    monkeypatch.setattr(soon, "_alone", waiting)
    assert soon.run(NOW, Looks()) == 1
