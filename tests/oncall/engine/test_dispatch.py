from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from oncall import outbox, paging
from oncall.engine import dispatch
from oncall.models import ContactMethod, Notification, Page, StepRun, User
from oncall.outbox import Draft
from oncall.paging import Actor
from oncall.signals import PageEvent, page_event
from oncall.transports import REGISTRY, Message, Receipt
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db

State = Notification.State
OK = Receipt(ok=True, detail="taken")
BUSY = Receipt(ok=False, detail="provider answered 503", retry=True)
REFUSED = Receipt(ok=False, detail="provider refused (403)")


class Provider:
    """Every transport's stand-in: keeps what it is handed and answers as told."""

    name = "fake"

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.answer: Callable[[Message], Receipt] = lambda message: OK

    def accepts(self, address: str) -> bool:
        return True

    def send(self, message: Message, timeout: float) -> Receipt:
        assert 0 < timeout <= 10
        self.got.append(message)
        return self.answer(message)

    @property
    def keys(self) -> list[str]:
        return [message.key for message in self.got]


@pytest.fixture(autouse=True)
def provider(settings, monkeypatch: pytest.MonkeyPatch) -> Provider:
    settings.CONSOLE_TRANSPORT = False
    made = Provider()
    for name in ("email", "apprise", "console"):
        monkeypatch.setitem(REGISTRY, name, made)
    return made


@pytest.fixture
def events() -> list[PageEvent]:
    heard: list[PageEvent] = []

    def hear(events: list[PageEvent], **_: object) -> None:
        heard.extend(events)

    page_event.connect(hear)
    yield heard
    page_event.disconnect(hear)


@pytest.fixture
def page() -> Page:
    return new_page()


def new_page(**fields: object) -> Page:
    made = Page.objects.create(
        **{"subject": "incident:1", "title": "Checkout is slow", "severity_label": "SEV-2", "opened_at": NOW}
        | {"started_at": NOW, "step": 2}
        | fields
    )
    StepRun.objects.create(page=made, round=1, step=1, ran_at=NOW, reached=1)
    return made


def draft(key: str, page: Page | None = None, **fields: object) -> Draft:
    base = Draft(key=key, kind="page", title="SEV-2 Checkout is slow", text="p99 is 4 s", transport="email")
    of_page = {"page_id": page.pk, "step": 1, "round": 1} if page else {}
    return replace(base, address=f"{key}@example.org", recipient=f"{key}@example.org", **(of_page | fields))


def to(user: User, page: Page, now: datetime = NOW) -> None:
    template = Draft(key="p", kind="page", title="t", text="x", page_id=page.pk, step=1, round=1)
    outbox.post(outbox.to_person(user, template, now), now)


def row(key: str) -> Notification:
    return Notification.objects.get(key=key)


def later(**span: float) -> datetime:
    return NOW + timedelta(**span)


def by(user: User) -> Actor:
    return Actor(user, str(user), "console")


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


class TestRetries:
    def test_a_busy_provider_is_tried_again_after_a_growing_pause(self, provider: Provider, page: Page) -> None:
        provider.answer = lambda message: BUSY
        outbox.post([draft("a", page)], NOW)
        now, pauses = NOW, []
        for _ in range(4):
            dispatch.run(now)
            waiting = row("a")
            assert (waiting.state, waiting.reason) == (State.PENDING, "provider answered 503")
            pauses.append((waiting.due_at - now).total_seconds())
            now = waiting.due_at
        assert all(0.8 * ideal <= pause <= 1.2 * ideal for pause, ideal in zip(pauses, (5, 15, 45, 120), strict=True))
        provider.answer = lambda message: OK
        dispatch.run(now)
        assert (row("a").state, row("a").attempts) == (State.SENT, 5)
        assert provider.keys == ["a"] * 5

    def test_a_longer_pause_that_the_provider_asks_for_is_honoured(self, provider: Provider, page: Page) -> None:
        provider.answer = lambda message: replace(BUSY, retry_after=timedelta(minutes=7))
        outbox.post([draft("a", page)], NOW)
        dispatch.run(NOW)
        assert row("a").due_at == later(minutes=7)

    def test_after_half_an_hour_it_is_given_up(self, provider: Provider, events: list[PageEvent], page: Page) -> None:
        provider.answer = lambda message: BUSY
        outbox.post([draft("a", page)], NOW)
        now = NOW
        while row("a").state == State.PENDING:
            now = max(now, row("a").due_at)
            dispatch.run(now)
        assert row("a").state == State.FAILED
        assert timedelta(minutes=24) < now - NOW <= timedelta(minutes=30)
        assert [event.kind for event in events if event.kind in {"sent", "failed"}] == ["failed"]

    def test_an_outage_of_ours_does_not_use_up_the_providers_time(self, provider: Provider, page: Page) -> None:
        outbox.post([draft("a", page)], NOW)
        provider.answer = lambda message: BUSY
        dispatch.run(later(hours=3))
        assert row("a").state == State.PENDING
        provider.answer = lambda message: OK
        dispatch.run(later(hours=3, seconds=10))
        assert row("a").state == State.SENT


class TestCrashes:
    def crash(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The process dies after the provider took the message and before that is written."""

        def die(*_: object) -> None:
            raise SystemError

        with monkeypatch.context() as patch:
            patch.setattr(dispatch, "_record", die)
            dispatch.run(NOW)

    def test_a_crash_repeats_that_message_once_with_the_same_key(
        self, provider: Provider, page: Page, events: list[PageEvent], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        to(cast.person("ana"), page)
        self.crash(monkeypatch)
        assert dispatch.run(later(seconds=59)) == 0
        assert dispatch.run(later(seconds=60)) == 1
        assert dispatch.run(later(seconds=200)) == 0
        assert len(provider.keys) == 2 and len(set(provider.keys)) == 1
        assert [event.text for event in events] == [
            "Email to Ana (ana@example.org) sent again; the first try's outcome is unknown"
        ]

    def test_it_is_not_repeated_when_somebody_answered_meanwhile(
        self, provider: Provider, page: Page, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        to(cast.person("ana"), page)
        self.crash(monkeypatch)
        Page.objects.update(state="acknowledged", acknowledged_at=later(seconds=30))
        dispatch.run(later(seconds=61))
        assert len(provider.got) == 1
        assert Notification.objects.get().state == State.CANCELLED

    def test_a_worker_that_comes_back_late_does_not_overwrite_its_successor(
        self, provider: Provider, page: Page
    ) -> None:
        outbox.post([draft("a", page)], NOW)
        slow = dispatch._claim(row("a").pk, NOW)
        quick = dispatch._claim(row("a").pk, later(seconds=61))
        dispatch._record(quick, OK, later(seconds=62))
        dispatch._record(slow, REFUSED, later(seconds=70))
        assert (row("a").state, row("a").sent_at) == (State.SENT, later(seconds=62))

    def test_one_message_is_claimed_by_one_worker(self, page: Page) -> None:
        outbox.post([draft("a", page)], NOW)
        assert dispatch._claim(row("a").pk, NOW) is not None
        assert dispatch._claim(row("a").pk, NOW) is None


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
    assert dispatch._lane(transport, address) == lane


def test_the_claim_is_decided_by_one_row_and_one_statement(page: Page, django_assert_num_queries) -> None:
    """A condition on a joined table would be judged on an old snapshot: two workers could both be right."""
    query = Notification.objects.filter(dispatch._claimable(NOW), dispatch._wanted(), pk=1)
    with django_assert_num_queries(1) as captured:
        query.update(state=State.SENDING)
    statement = captured.captured_queries[0]["sql"]
    where = statement.partition("WHERE")[2]
    assert "EXISTS" in where and " IN (SELECT" not in where and "JOIN" not in statement


def test_direct_messages_need_no_database(provider: Provider, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        receipt = dispatch.send_direct("mailto:ops@example.org", "The engine is dead", "Look.")
    assert receipt.ok and provider.got[0].to == "mailto:ops@example.org" and not provider.got[0].guarded
