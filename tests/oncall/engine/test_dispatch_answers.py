"""An answer stops what was not handed over; rules due at once for one contact method are one message."""

import pytest

from oncall import outbox, paging
from oncall.engine import dispatch
from oncall.models import ContactMethod, Page
from oncall.transports import Message, Receipt
from tests import cast
from tests.cast import NOW
from tests.oncall.engine.dispatching import BUSY, OK, Provider, State, draft, later, new_page, row, to
from tests.oncall.pages import by

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


class TestAnswers:
    def test_ack_stops_pages_not_yet_sent(self, provider: Provider, page: Page) -> None:
        ana = cast.person("ana")
        to(ana, page)
        paging.acknowledge("incident:1", by(ana), NOW)
        assert dispatch.run(NOW) == 0
        assert provider.got == []

    def test_an_ack_between_two_messages_stops_the_second(self, provider: Provider, page: Page) -> None:
        ana = cast.person("ana")
        outbox.post([draft("a", page), draft("b", page)], NOW)

        def answer(message: Message) -> Receipt:
            if message.key == "a":
                paging.acknowledge("incident:1", by(ana), NOW)
            return OK

        provider.answer = answer
        dispatch.run(NOW)
        assert provider.keys == ["a"]
        assert row("b").state == State.CANCELLED

    def test_an_ack_that_cancel_did_not_see_still_wins_at_the_claim(self, provider: Provider, page: Page) -> None:
        outbox.post([draft("a", page)], NOW)
        Page.objects.update(state="acknowledged", acknowledged_at=later(seconds=1))
        dispatch.run(later(seconds=2))
        assert provider.got == []
        assert (row("a").state, row("a").reason) == (State.CANCELLED, "the page was acknowledged")

    def test_an_ack_during_a_try_that_fails_stops_the_next_try(self, provider: Provider, page: Page) -> None:
        ana = cast.person("ana")

        def answer(message: Message) -> Receipt:
            paging.acknowledge("incident:1", by(ana), later(seconds=1))
            return BUSY

        provider.answer = answer
        outbox.post([draft("a", page)], NOW)
        dispatch.run(later(seconds=1, microseconds=1))
        assert row("a").state == State.CANCELLED

    def test_what_is_asked_for_after_the_ack_still_goes_out(self, provider: Provider, page: Page) -> None:
        Page.objects.update(state="acknowledged", acknowledged_at=NOW)
        outbox.post([draft("more", page)], later(seconds=1))
        dispatch.run(later(seconds=1))
        assert provider.keys == ["more"]

    def test_a_resolved_page_sends_nothing_but_what_outlives_it(self, provider: Provider, page: Page) -> None:
        outbox.post([draft("page", page), draft("fallback", page, kind="fallback")], NOW)
        outbox.post([draft("taken", page, kind="taken"), draft("aware", page, kind="aware")], NOW)
        Page.objects.update(state="resolved")
        dispatch.run(NOW)
        assert sorted(provider.keys) == ["aware", "taken"]


class TestJoining:
    @pytest.fixture
    def method(self) -> ContactMethod:
        return cast.person("ana").contact_methods.get()

    def test_rules_due_at_once_for_one_contact_method_are_one_message(
        self, provider: Provider, page: Page, method: ContactMethod
    ) -> None:
        mine = {"contact_method_id": method.pk, "person_id": method.user_id}
        outbox.post([draft("first", page, **mine), draft("second", page, step=2, **mine)], NOW)
        outbox.post([draft("later", page, due_at=later(minutes=5), **mine)], NOW)
        dispatch.run(NOW)
        assert provider.keys == ["first"]
        assert (row("second").state, row("second").reason) == (State.CANCELLED, "joined")
        dispatch.run(later(minutes=5))
        assert provider.keys == ["first", "later"]

    def test_other_pages_other_people_and_other_kinds_stay_apart(
        self, provider: Provider, page: Page, method: ContactMethod
    ) -> None:
        mine = {"contact_method_id": method.pk}
        other = new_page(subject="incident:2")
        bo = cast.person("bo").contact_methods.get()
        outbox.post([draft("a", page, **mine), draft("b", other, **mine)], NOW)
        outbox.post([draft("c", page, contact_method_id=bo.pk), draft("d", page, kind="taken", **mine)], NOW)
        outbox.post([draft("e", page), draft("f", page)], NOW)
        dispatch.run(NOW)
        assert sorted(provider.keys) == ["a", "b", "c", "d", "e", "f"]
