"""The wall clock is set back: what waited for minutes does not wait for that hour to come again."""

from datetime import datetime, timedelta

import pytest

from oncall import outbox
from oncall.engine import dispatch, escalate, set_back
from oncall.engine.looks import Looks
from oncall.engine.waiting import SKEW
from oncall.models import EscalationPolicy, Notification, Page, User
from tests import cast
from tests.cast import NOW
from tests.oncall.engine.dispatching import Provider, draft
from tests.oncall.pages import minutes, opened, paged, tick

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("root")]
HOUR = timedelta(hours=1)


@pytest.fixture
def policy() -> EscalationPolicy:
    """Ana, five minutes later bo, both again after ten, then the fallback."""
    ana, bo = cast.person("ana"), cast.person("bo")
    return cast.policy("Two", [(0, [cast.to_user(ana)]), (5, [cast.to_user(bo)])], repeat=1, repeat_after=10)


def due() -> datetime | None:
    return Page.objects.get().due_at


def test_the_next_step_comes_after_its_delay_by_the_new_clock(policy: EscalationPolicy) -> None:
    looks = Looks()
    opened(policy)
    escalate.run(NOW, looks)
    back = NOW + minutes(1) - HOUR
    assert escalate.run(back, looks) == 0
    assert due() == back + minutes(5), "not early: its whole delay from now on"
    escalate.run(back + minutes(2), looks)
    assert due() == back + minutes(5), "and not put off again"
    assert escalate.run(back + minutes(5), looks) == 1
    assert paged() == [("Ana", 1, 1), ("Bo", 2, 1)]


@pytest.mark.parametrize(("runs", "wait"), [(1, 5), (2, 10), (3, 5), (4, 30), (5, 30)])
def test_every_wait_begins_anew_with_what_it_may_be_at_most(policy: EscalationPolicy, runs: int, wait: int) -> None:
    opened(policy)
    now = NOW
    for _run in range(runs):
        tick(now)
        now = due() or now
    now = now - minutes(wait) - HOUR
    set_back.run(now)
    assert due() == now + minutes(wait)
    assert set_back.run(now) == 0


def test_no_look_that_went_on_in_time_changes_anything(policy: EscalationPolicy) -> None:
    opened(policy)
    tick(NOW)
    before = due()
    for second in (1, 2, 60):
        assert set_back.run(NOW + timedelta(seconds=second)) == 0
    assert set_back.run(NOW - SKEW) == 0, "clocks of two machines differ by so much"
    assert due() == before


def test_a_process_that_starts_after_the_clock_was_set_back_looks_once(policy: EscalationPolicy) -> None:
    opened(policy)
    tick(NOW)
    looks = Looks()
    escalate.run(NOW - HOUR, looks)
    assert due() == NOW - HOUR + minutes(5)
    assert not looks.set_back(NOW - HOUR + minutes(1))


def test_what_is_held_and_what_failed_keep_their_times(policy: EscalationPolicy) -> None:
    held = opened(policy, hold_reason="night")
    failed = opened(policy, subject="test:2")
    Page.objects.filter(pk=held.pk).update(held_due_at=NOW + HOUR)
    Page.objects.filter(pk=failed.pk).update(failures=3, due_at=NOW + minutes(4))
    assert set_back.run(NOW) == 0


def test_a_later_contact_method_waits_no_longer_than_its_delay(policy: EscalationPolicy) -> None:
    ana = User.objects.get(username="ana")
    cast.rule(ana, cast.contact(ana, "phone", "mailto:phone@example.org"), 3)
    opened(policy)
    tick(NOW)
    back = NOW + minutes(1) - HOUR
    for look in (back, back + minutes(1)):
        set_back.run(look)
        assert Notification.objects.get(state="pending").due_at == back + minutes(3)


def test_a_message_whose_provider_failed_is_tried_again_soon(provider: Provider) -> None:
    outbox.post([draft("a")], NOW)
    Notification.objects.update(attempts=4, claimed_at=NOW + minutes(9), due_at=NOW + minutes(11))
    back = NOW + minutes(10) - HOUR
    for look in (back, back + minutes(1)):
        set_back.run(look)
        assert Notification.objects.get().due_at == back + minutes(2)
    dispatch.run(back + minutes(2))
    assert provider.keys == ["a"]


def test_an_error_in_looking_keeps_nobody_from_being_paged(
    policy: EscalationPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(now: datetime) -> int:
        raise ValueError

    monkeypatch.setattr(set_back, "run", broken)
    opened(policy)
    assert escalate.run(NOW) == 1
