"""One message that raises at every step delays no other and is set aside; a dead provider hides nobody's messages."""

from datetime import timedelta
from types import ModuleType

import pytest

from oncall import outbox
from oncall.engine import claims, dispatch, followup, waiting
from oncall.models import Notification, Page
from oncall.transports import Message, Receipt
from tests import cast
from tests.cast import NOW
from tests.oncall.engine.dispatching import OK, REFUSED, Provider, State, draft, later, row, to

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


def spoilt(monkeypatch: pytest.MonkeyPatch, holder: ModuleType, name: str, key: str) -> list[str]:
    """Have a step of dispatch raise for one message; what it was called for."""
    original, seen = getattr(holder, name), []

    def step(first: object, *rest: object) -> object:
        pk = first if isinstance(first, int) else first.pk  # type: ignore[attr-defined]
        found = Notification.objects.get(pk=pk).key
        seen.append(found)
        if found == key:
            raise ValueError("poison")
        return original(first, *rest)

    monkeypatch.setattr(holder, name, step)
    return seen


@pytest.mark.parametrize("step", [(claims, "take"), (dispatch, "_send")], ids=["claim", "send"])
def test_a_message_that_raises_is_tried_ever_more_seldom_and_then_given_up(
    provider: Provider, page: Page, monkeypatch: pytest.MonkeyPatch, step: tuple[ModuleType, str]
) -> None:
    seen = spoilt(monkeypatch, *step, "poison")
    outbox.post([draft("poison", page, rank=1), draft("fine", page, rank=2)], NOW)
    dispatch.run(NOW)
    assert provider.keys == ["fine"]
    assert row("fine").sent_at == NOW
    now = NOW
    while row("poison").state == State.PENDING:
        assert dispatch.run(row("poison").due_at - timedelta(milliseconds=1)) == 0
        now = row("poison").due_at
        dispatch.run(now)
    assert row("poison").state == State.FAILED
    assert "the log has it" in row("poison").reason
    assert timedelta(minutes=20) < now - NOW <= timedelta(minutes=31)
    assert seen.count("poison") < 15
    assert dispatch.run(now + timedelta(hours=1)) == 0


def test_a_person_whose_message_cannot_be_claimed_is_told_another_way(
    provider: Provider, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = cast.person("ana")
    cast.contact(ana, "push", "ntfys://ntfy.example.org/ana")
    to(ana, page)
    first = Notification.objects.get()
    spoilt(monkeypatch, claims, "take", first.key)
    now = NOW
    while Notification.objects.count() == 1:
        now += timedelta(minutes=1)
        dispatch.run(now)
        assert now < later(hours=1)
    dispatch.run(now)
    assert [message.to for message in provider.got] == ["ntfys://ntfy.example.org/ana"]


def test_a_failure_whose_consequences_raise_is_not_sent_again_for_ever(
    provider: Provider, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.answer = lambda message: REFUSED

    def broken(*_: object) -> None:
        raise ValueError("poison")

    monkeypatch.setattr(followup, "failed", broken)
    outbox.post([draft("poison", page)], NOW)
    for minute in range(10):
        dispatch.run(later(minutes=minute))
    assert provider.keys == ["poison"]
    assert row("poison").state == State.FAILED


def test_thousands_of_severe_messages_behind_one_door_hide_no_other(
    provider: Provider, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MOST_OF_A_LANE", 10)
    dead = [draft(f"dead{number}", transport="email", rank=1) for number in range(50)]
    outbox.post(dead, NOW)
    outbox.post([draft("other", transport="console", rank=4, due_at=NOW)], NOW)

    def answer(message: Message) -> Receipt:
        return OK if message.key == "other" else Receipt(ok=False, detail="no answer", retry=True)

    provider.answer = answer
    dispatch.run(NOW)
    assert row("other").state == State.SENT
    assert len(provider.got) == 11
