"""Where a provider refuses, the next contact method gets the message, and at last the next step runs."""

import pytest

from oncall import outbox, paging
from oncall.engine import dispatch
from oncall.models import Notification, Page, StepRun
from oncall.transports import Message, Receipt
from tests import cast
from tests.cast import NOW
from tests.oncall.engine.dispatching import OK, REFUSED, Provider, draft, later, to
from tests.oncall.pages import by

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


class TestFallingOver:
    @pytest.fixture(autouse=True)
    def passed_on(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
        self.calls: list[tuple[int, ...]] = []
        monkeypatch.setattr(paging, "step_failed", lambda *args: self.calls.append(args[:3]))
        return self.calls

    def refuse(self, provider: Provider, *addresses: str) -> None:
        provider.answer = lambda message: REFUSED if message.to in addresses else OK

    def test_the_next_contact_method_gets_the_same_message(self, provider: Provider, page: Page) -> None:
        ana = cast.person("ana")
        push = cast.contact(ana, "push", "ntfys://topic-of-ana")
        cast.contact(ana, "unverified", "ntfys://other-topic", verified=False)
        to(ana, page)
        self.refuse(provider, "ana@example.org")
        dispatch.run(NOW)
        dispatch.run(NOW)
        first, second = provider.got
        assert (second.to, second.text) == ("ntfys://topic-of-ana", first.text)
        assert second.key == f"{first.key}:over:{push.pk}"
        assert self.calls == []

    def test_a_later_rule_for_another_contact_method_is_brought_forward(self, provider: Provider, page: Page) -> None:
        ana = cast.person("ana")
        cast.rule(ana, cast.contact(ana, "push", "ntfys://topic-of-ana"), 10)
        to(ana, page)
        self.refuse(provider, "ana@example.org")
        dispatch.run(NOW)
        dispatch.run(NOW)
        dispatch.run(later(minutes=10))
        assert [message.to for message in provider.got] == ["ana@example.org", "ntfys://topic-of-ana"]

    def test_where_no_way_is_left_the_step_has_failed(self, provider: Provider, page: Page) -> None:
        ana = cast.person("ana")
        cast.contact(ana, "push", "ntfys://topic-of-ana")
        to(ana, page)
        self.refuse(provider, "ana@example.org", "ntfys://topic-of-ana")
        dispatch.run(NOW)
        assert self.calls == []
        dispatch.run(NOW)
        dispatch.run(NOW)
        assert self.calls == [(page.pk, 1, 1)]
        assert len(provider.got) == 2

    def test_a_channel_that_refuses_has_no_other_way(self, provider: Provider, page: Page) -> None:
        room = cast.channel("Ops room")
        outbox.post([draft("c", page, channel_id=room.pk)], NOW)
        self.refuse(provider, "c@example.org")
        dispatch.run(NOW)
        assert self.calls == [(page.pk, 1, 1)]

    def test_after_an_answer_nothing_falls_over(self, provider: Provider, page: Page) -> None:
        ana = cast.person("ana")
        cast.contact(ana, "push", "ntfys://topic-of-ana")

        def answer(message: Message) -> Receipt:
            paging.acknowledge("incident:1", by(ana), later(seconds=1))
            return REFUSED

        provider.answer = answer
        to(ana, page)
        dispatch.run(later(seconds=2))
        assert self.calls == [] and not Notification.objects.filter(key__contains=":over:").exists()

    def test_messages_that_are_no_pages_do_not_fall_over(self, provider: Provider, page: Page) -> None:
        ana = cast.person("ana")
        cast.contact(ana, "push", "ntfys://topic-of-ana")
        outbox.post([draft("aware", page, kind="aware", person_id=ana.pk)], NOW)
        self.refuse(provider, "aware@example.org")
        dispatch.run(NOW)
        assert self.calls == [] and Notification.objects.count() == 1


def test_a_step_whose_messages_are_all_refused_runs_the_next_at_once(provider: Provider) -> None:
    company = cast.platform()
    content = paging.PageContent("Slow", "SEV-2", 2, "high", "Checkout", NOW, (), ())
    made = paging.open_page(paging.PageRequest("incident:9", content, company.policy.pk, NOW), NOW)
    outbox.post([draft("a", made)], NOW)
    StepRun.objects.create(page=made, round=1, step=1, ran_at=NOW, reached=1)
    Page.objects.filter(pk=made.pk).update(step=2, due_at=later(minutes=5))
    provider.answer = lambda message: REFUSED
    dispatch.run(NOW)
    made.refresh_from_db()
    assert (made.step, made.due_at) == (2, NOW)
