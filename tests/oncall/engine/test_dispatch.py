"""What is due is handed over, once, by rank and age, and what came of it is recorded and told."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oncall import outbox
from oncall.engine import claims, dispatch
from oncall.logic import lanes
from oncall.models import Notification, Page
from oncall.outbox import Draft
from oncall.signals import PageEvent, page_event
from oncall.transports import Message, Receipt
from tests import cast
from tests.cast import NOW
from tests.oncall.engine.dispatching import OK, REFUSED, Provider, State, draft, later, row, to

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


class TestSending:
    def test_what_is_due_is_handed_over_and_recorded(self, provider: Provider, page: Page) -> None:
        ana = cast.person("ana")
        to(ana, page)
        assert dispatch.run(NOW) == 1
        (message,) = provider.got
        sent = Notification.objects.get()
        assert (message.to, message.person, message.key) == ("ana@example.org", "Ana", sent.key)
        assert message.link == sent.link and message.guarded
        assert (sent.state, sent.sent_at, sent.attempts, sent.lease_until_at) == (State.SENT, NOW, 1, None)

    def test_what_is_not_due_waits(self, provider: Provider, page: Page) -> None:
        outbox.post([draft("a", page, due_at=later(minutes=5))], NOW)
        assert dispatch.run(later(minutes=4, seconds=59)) == 0
        assert dispatch.run(later(minutes=5)) == 1

    def test_a_hundred_due_are_sent_by_rank_then_age(self, provider: Provider) -> None:
        made = [(number * 37 % 5, number * 61 % 20, number) for number in range(100)]
        outbox.post([draft(f"k{n}", kind="test", rank=rank, due_at=later(seconds=-age)) for rank, age, n in made], NOW)
        assert dispatch.run(NOW) == 100
        order = [f"k{n}" for _rank, _age, n in sorted(made, key=lambda entry: (entry[0], -entry[1], entry[2]))]
        assert provider.keys == order

    def test_sent_twice_by_two_ticks_is_sent_once(self, provider: Provider, page: Page) -> None:
        outbox.post([draft("a", page)], NOW)
        dispatch.run(NOW)
        dispatch.run(later(hours=1))
        assert provider.keys == ["a"]

    def test_only_the_operators_own_fallback_address_is_not_guarded(self, provider: Provider, settings) -> None:
        settings.FALLBACK_CHANNEL_URL = "json://10.0.0.1/hook"
        ana = cast.person("ana")
        own = cast.contact(ana, "hook", "json://10.0.0.1/hook")
        outbox.post(outbox.to_fallback(Draft(key="f", kind="fallback", title="t", text="x"), NOW), NOW)
        outbox.post([outbox.to_contact(ana, own, Draft(key="o", kind="page", title="t", text="x"), NOW)], NOW)
        dispatch.run(NOW)
        assert {message.key: message.guarded for message in provider.got} == {"f:fallback": False, f"o:{own.pk}": True}

    def test_an_unknown_transport_fails_at_once(self, provider: Provider) -> None:
        outbox.post([draft("a", kind="test", transport="pigeon")], NOW)
        dispatch.run(NOW)
        assert (row("a").state, row("a").reason) == (State.FAILED, "there is no transport named pigeon")

    def test_a_transport_that_raises_is_tried_again_and_stops_nobody(self, provider: Provider) -> None:
        def answer(message: Message) -> Receipt:
            if message.key == "a":
                raise KeyError("secret")
            return OK

        provider.answer = answer
        outbox.post([draft("a", kind="test"), draft("b", kind="test")], NOW)
        dispatch.run(NOW)
        assert (row("a").state, row("b").state) == (State.PENDING, State.SENT)
        assert "secret" not in row("a").reason


class TestTimeline:
    def test_a_sent_page_is_told_to_the_apps_above(self, page: Page, events: list[PageEvent]) -> None:
        to(cast.person("ana"), page)
        dispatch.run(NOW)
        (event,) = events
        assert (event.kind, event.subject, event.page_id) == ("sent", "incident:1", page.pk)
        assert event.text == "Email to Ana (ana@example.org) sent"

    def test_a_failed_page_says_why_and_what_is_tried_instead(
        self, provider: Provider, page: Page, events: list[PageEvent]
    ) -> None:
        ana = cast.person("ana")
        cast.contact(ana, "push", "ntfys://topicofana-cana")
        to(ana, page)
        provider.answer = lambda message: REFUSED
        dispatch.run(NOW)
        assert [(event.kind, event.text) for event in events] == [
            ("failed", "Email to Ana (ana@example.org) failed: provider refused (403); ntfys://…cana is tried instead")
        ]

    def test_a_receiver_that_raises_does_not_undo_the_record(self, provider: Provider, page: Page) -> None:
        def broken(**_: object) -> None:
            raise RuntimeError

        page_event.connect(broken)
        try:
            outbox.post([draft("a", page)], NOW)
            dispatch.run(NOW)
        finally:
            page_event.disconnect(broken)
        assert row("a").state == State.SENT
        dispatch.run(later(hours=1))
        assert provider.keys == ["a"]


@pytest.mark.parametrize(
    ("transport", "address", "lane"),
    [
        ("email", "ana@example.org", "email"),
        ("console", "ana@example.org", "console"),
        ("apprise", "slack://a/b/c", "slack"),
        ("apprise", "ntfys://user:secret@push.example.org/topic", "ntfys://push.example.org"),
        ("apprise", "json://[broken/hook", "json"),
        ("apprise", "nonsense", "nonsense"),
    ],
)
def test_a_lane_is_a_provider(transport: str, address: str, lane: str) -> None:
    assert lanes.lane(transport, address) == lane


def test_the_claim_is_decided_by_one_row_and_one_statement(page: Page) -> None:
    """A condition on a joined table would be judged on an old snapshot: two workers could both be right."""
    outbox.post([draft("a", page)], NOW)
    with CaptureQueriesContext(connection) as captured:
        assert claims.take(row("a").pk, NOW) is not None
    (statement,) = [query["sql"] for query in captured if query["sql"].strip().startswith("UPDATE")]
    where = statement.partition("WHERE")[2]
    assert "EXISTS" in where and " IN (SELECT" not in where and "JOIN" not in statement


def test_direct_messages_need_no_database(provider: Provider, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        receipt = dispatch.send_direct(
            "mailto:ops@example.org", "The engine is dead", "Look.", key="watchdog:1", guarded=False
        )
    assert receipt.ok and provider.got[0].to == "mailto:ops@example.org" and not provider.got[0].guarded
