"""A provider that was ill is well again: what it refused need not wait out its pause, and nobody is hammered."""

from dataclasses import replace
from datetime import timedelta

import pytest

from oncall import outbox
from oncall.engine import dispatch, recovery
from oncall.models import Notification, Page
from oncall.transports import Message, Receipt
from tests.cast import NOW
from tests.oncall.engine.dispatching import BUSY, OK, Provider, State, draft, later, row

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as they may be, so that no clock of this machine decides; and none between two lots."""
    monkeypatch.setattr(dispatch.random, "uniform", lambda _low, high: high)
    monkeypatch.setattr(recovery, "APART_SECONDS", 0.0)


def refused(provider: Provider, page: Page, count: int, answer: Receipt = BUSY) -> None:
    """So many messages whose try failed at NOW; the next is due after 2.4 s."""
    provider.answer = lambda message: answer
    outbox.post([draft(f"m{n}", page) for n in range(count)], NOW)
    dispatch.run(NOW)


def waiting() -> int:
    return Notification.objects.filter(state=State.PENDING, due_at__gt=later(seconds=1)).count()


def test_the_first_message_that_it_takes_brings_the_others_forward(provider: Provider, page: Page) -> None:
    refused(provider, page, 6)
    provider.answer = lambda message: OK
    outbox.post([draft("new", page)], later(seconds=1))
    dispatch.run(later(seconds=1))
    assert waiting() == 0
    dispatch.run(later(seconds=1))
    assert not Notification.objects.exclude(state=State.SENT).exists()


@pytest.mark.django_db(transaction=True)
def test_it_needs_no_transaction_of_the_callers(page: Page) -> None:
    outbox.post([draft("m", page)], NOW)
    Notification.objects.update(attempts=1, claimed_at=NOW, due_at=later(seconds=5))
    lane = row("m").lane
    for _ in range(recovery.ILL):
        recovery.failed(lane, None, NOW)
    assert recovery.taken(lane, later(seconds=1)) == 1
    assert row("m").due_at == later(seconds=1)


def test_a_few_failures_between_others_are_no_illness(provider: Provider, page: Page) -> None:
    """One address that is always refused is not tried anew for each that is not."""
    refused(provider, page, recovery.ILL - 1)
    provider.answer = lambda message: OK
    outbox.post([draft("new", page)], later(seconds=1))
    dispatch.run(later(seconds=1))
    assert waiting() == recovery.ILL - 1


def test_what_fails_again_waits_its_whole_pause(provider: Provider, page: Page) -> None:
    refused(provider, page, 6)

    def one_is_always_refused(message: Message) -> Receipt:
        return BUSY if message.key == "m0" else OK

    provider.answer = one_is_always_refused
    outbox.post([draft("new", page)], later(seconds=1))
    for _ in range(5):
        dispatch.run(later(seconds=1))
        outbox.post([draft(f"further{_}", page)], later(seconds=1))
    assert provider.keys.count("m0") == 2
    assert row("m0").due_at == later(seconds=1 + 3 * 1.2)


def test_a_provider_that_asked_to_be_left_alone_is(provider: Provider, page: Page) -> None:
    refused(provider, page, 6, replace(BUSY, retry_after=timedelta(seconds=60)))
    provider.answer = lambda message: OK
    outbox.post([draft("new", page)], later(seconds=1))
    dispatch.run(later(seconds=1))
    assert waiting() == 6
    outbox.post([draft("after", page)], later(seconds=59))
    Notification.objects.filter(key="m0").update(due_at=later(seconds=90))
    dispatch.run(later(seconds=59))
    assert row("m0").due_at == later(seconds=90)
    outbox.post([draft("later", page)], later(seconds=61))
    dispatch.run(later(seconds=61))
    assert row("m0").due_at <= later(seconds=61)


def test_a_worker_that_was_killed_meanwhile_brings_forward_what_its_predecessor_was_refused(
    provider: Provider, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused(provider, page, 6)
    Notification.objects.filter(key="m0").update(due_at=later(seconds=600))  # the provider may have asked for that
    monkeypatch.setattr(recovery, "_lanes", {})
    provider.answer = lambda message: OK
    for n in range(3):
        outbox.post([draft(f"new{n}", page)], later(seconds=1))
        dispatch.run(later(seconds=1))
    assert waiting() == 1
    assert row("m0").due_at == later(seconds=600)


def test_a_worker_that_has_just_begun_hammers_no_address_that_is_always_refused(
    provider: Provider, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused(provider, page, 1)
    monkeypatch.setattr(recovery, "_lanes", {})
    provider.answer = lambda message: BUSY if message.key == "m0" else OK
    for n in range(5):
        outbox.post([draft(f"new{n}", page)], later(seconds=1))
        dispatch.run(later(seconds=1))
    assert provider.keys.count("m0") == 2


def test_another_providers_messages_wait_on(provider: Provider, page: Page) -> None:
    refused(provider, page, 6)
    Notification.objects.update(lane="another")
    provider.answer = lambda message: OK
    outbox.post([draft("new", page)], later(seconds=1))
    dispatch.run(later(seconds=1))
    assert waiting() == 6
