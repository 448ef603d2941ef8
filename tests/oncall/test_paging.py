"""Verbs of paging: what they stop, what they leave, and what they say."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from oncall import paging
from oncall.engine import escalate
from oncall.models import EscalationPolicy, Notification, Page, PolicyVersion, User
from oncall.paging import Actor, NothingLeft, PageContent, PageRequest, PlannedPerson
from oncall.signals import PageEvent, page_event
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def content(**fields: object) -> PageContent:
    return PageContent(
        **{
            "title": "High error rate",
            "severity_label": "SEV-1",
            "rank": 1,
            "urgency": "high",
            "service": "Checkout",
            "started_at": NOW,
        }
        | fields
    )


def opened(policy: EscalationPolicy | None, hold_reason: str = "", **fields: object) -> Page:
    request = PageRequest("test:1", content(**fields), policy.pk if policy else None, NOW, hold_reason)
    return paging.open_page(request, NOW)


def by(user: User, source: str = "phone") -> Actor:
    return Actor(user, str(user), source)


def all_sent() -> None:
    Notification.objects.filter(state="pending", due_at__lte=NOW).update(state="sent", sent_at=NOW)


def names(kind: str = "page", **filters: object) -> list[str]:
    rows = Notification.objects.filter(kind=kind, **filters).select_related("person", "channel").order_by("pk")
    return [str(row.person or row.channel) for row in rows]


@pytest.fixture
def events() -> Iterator[list[PageEvent]]:
    seen: list[PageEvent] = []

    def receive(sender: object, events: Sequence[PageEvent], **_: object) -> None:
        seen.extend(events)

    page_event.connect(receive)
    yield seen
    page_event.disconnect(receive)


class TestOpening:
    def test_many_pages_cost_as_many_queries_as_few(self, django_assert_max_num_queries) -> None:
        crew = cast.platform()
        requests = [PageRequest(f"test:{n}", content(), crew.policy.pk, NOW) for n in range(100)]
        with django_assert_max_num_queries(14):
            pages = paging.open_pages(requests, NOW)
        assert [page.subject for page in pages] == [f"test:{n}" for n in range(100)]
        assert len({page.pk for page in pages}) == 100
        assert PolicyVersion.objects.count() == 1

    def test_unchanged_policy_is_kept_once_and_a_changed_one_anew(self) -> None:
        crew = cast.platform()
        first, second = opened(crew.policy), opened(crew.policy)
        crew.policy.steps.filter(position=1).update(delay_minutes=9)
        third = opened(crew.policy)
        assert first.policy == second.policy != third.policy

    def test_policy_that_is_gone_tells_the_fallback(self) -> None:
        page = paging.open_page(PageRequest("test:1", content(), 4711, NOW), NOW)
        assert (page.step, page.due_at) == (0, NOW)

    def test_page_can_begin_held(self, events: list[PageEvent]) -> None:
        page = opened(cast.platform().policy, hold_reason="outside working hours")
        assert escalate.run(NOW + minutes(1)) == 0
        assert (page.due_at, page.held_due_at) == (None, NOW)
        assert [event.text for event in events] == ["Paging is held: outside working hours."]

    def test_later_messages_say_what_is_true_by_then_and_nothing_is_sent_again(self) -> None:
        page = opened(cast.platform().policy)
        escalate.run(NOW)
        assert paging.update_page("test:1", content(title="All is lost"), NOW) == 1
        escalate.run(NOW + minutes(5))
        assert [row.title for row in Notification.objects.order_by("pk")] == [
            "[SEV-1] Checkout: High error rate",
            "[SEV-1] Checkout: All is lost",
        ]
        page.refresh_from_db()
        assert page.round == 1

    def test_page_made_private_is_hidden_also_when_it_is_over(self) -> None:
        crew = cast.platform()
        opened(crew.policy)
        paging.resolve("test:1", by(crew.ana), NOW)
        assert paging.update_page("test:1", content(private=True, audience=frozenset({crew.bo.pk})), NOW) == 0
        assert not Page.objects.visible_to(crew.ana).exists()
        assert Page.objects.visible_to(crew.bo).count() == 1


class TestAcknowledge:
    def test_stops_every_message_not_yet_handed_over(self, events: list[PageEvent]) -> None:
        crew = cast.platform()
        cast.rule(crew.ana, crew.ana.contact_methods.get(), delay=5)
        cast.rule(crew.ana, crew.ana.contact_methods.get(), delay=9)
        page = opened(crew.policy)
        escalate.run(NOW)
        Notification.objects.filter(due_at=NOW).update(state="sending")
        outcome = paging.acknowledge("test:1", by(crew.ana), NOW)
        assert (outcome.changed, outcome.cancelled, outcome.in_flight, outcome.pages) == (True, 2, 1, 1)
        assert escalate.run(NOW + minutes(60)) == 0
        page.refresh_from_db()
        assert (page.state, page.acknowledged_by, page.acknowledged_at) == ("acknowledged", crew.ana, NOW)
        assert events[-1].text == "Acknowledged by Ana. 2 messages were stopped, 1 was already being sent."
        assert (events[-1].kind, events[-1].actor_id, events[-1].source) == ("acknowledged", crew.ana.pk, "phone")

    def test_who_was_paged_is_told_once_who_took_it(self, events: list[PageEvent]) -> None:
        crew = cast.platform()
        room = cast.channel("Ops room")
        targets = [cast.to_team(crew.team), cast.to_channel(room)]
        cast.rule(crew.bo, cast.contact(crew.bo, "push", "ntfys://ntfy.example.org/bo"))
        opened(cast.policy("All", [(0, targets)]))
        escalate.run(NOW)
        all_sent()
        paging.acknowledge("test:1", by(crew.ana), NOW + minutes(1))
        paging.acknowledge("test:1", by(crew.cy), NOW + minutes(2))
        assert names("taken") == ["Bo", "Cy", "Ops room"]
        assert events[-1].text == "Told Bo, Cy, Ops room that Ana took it."
        row = Notification.objects.filter(kind="taken").first()
        assert row.title == "Ana took it: [SEV-1] Checkout: High error rate"

    def test_who_was_paged_before_a_raise_is_told_too(self) -> None:
        crew = cast.platform()
        opened(crew.policy)
        escalate.run(NOW)
        all_sent()
        paging.end("test:1", "raised to SEV-1", NOW, responders=False)
        opened(cast.policy("Raised", [(0, [cast.to_user(crew.bo)])]))
        escalate.run(NOW)
        all_sent()
        paging.acknowledge("test:1", by(crew.bo), NOW + minutes(1))
        assert names("taken") == ["Ana"]

    def test_whose_message_was_stopped_is_told_nothing(self) -> None:
        crew = cast.platform()
        opened(crew.policy)
        escalate.run(NOW)
        paging.acknowledge("test:1", by(crew.bo), NOW)
        assert names("taken") == []

    def test_twice_changes_nothing_and_an_unknown_subject_neither(self) -> None:
        crew = cast.platform()
        opened(crew.policy)
        assert paging.acknowledge("test:1", by(crew.ana), NOW).changed
        assert not paging.acknowledge("test:1", by(crew.bo), NOW).changed
        assert Page.objects.get().acknowledged_by == crew.ana
        assert not paging.acknowledge("test:9", by(crew.ana), NOW).changed

    def test_leaves_pages_by_hand_of_others(self) -> None:
        crew = cast.platform()
        opened(crew.policy)
        hand = paging.add_responder("test:1", content(), crew.cy, by(crew.ana), NOW)
        escalate.run(NOW)
        paging.acknowledge("test:1", by(crew.ana), NOW)
        hand.refresh_from_db()
        assert hand.state == "open"
        assert names(state="pending") == ["Cy"]
        paging.acknowledge("test:1", by(crew.cy), NOW + minutes(1))
        hand.refresh_from_db()
        assert hand.state == "acknowledged"

    def test_by_a_sender_leaves_all_pages_by_hand(self) -> None:
        crew = cast.platform()
        hand = paging.add_responder("test:1", content(), crew.cy, by(crew.ana), NOW)
        assert not paging.acknowledge("test:1", Actor(None, "Alertmanager", "sender"), NOW).changed
        hand.refresh_from_db()
        assert hand.state == "open"


class TestEnding:
    def test_resolve_ends_pages_by_hand_too(self, events: list[PageEvent]) -> None:
        crew = cast.platform()
        opened(crew.policy)
        paging.add_responder("test:1", content(), crew.cy, by(crew.ana), NOW)
        escalate.run(NOW)
        outcome = paging.resolve("test:1", by(crew.ana), NOW + minutes(1))
        assert (outcome.changed, outcome.cancelled, outcome.pages) == (True, 2, 2)
        assert set(Page.objects.values_list("state", "due_at")) == {("resolved", None)}
        assert events[-1].kind == "resolved"
        assert not paging.resolve("test:1", by(crew.ana), NOW + minutes(2)).changed

    def test_end_can_leave_people_paged_by_hand(self) -> None:
        crew = cast.platform()
        page = opened(crew.policy)
        hand = paging.add_responder("test:1", content(), crew.cy, by(crew.ana), NOW)
        paging.end("test:1", "raised to SEV-1", NOW, responders=False)
        page.refresh_from_db()
        hand.refresh_from_db()
        assert (page.state, page.end_reason, hand.state) == ("ended", "raised to SEV-1", "open")
        paging.end("test:1", "false alarm", NOW, responders=True)
        hand.refresh_from_db()
        assert hand.state == "ended"


class TestEscalateNow:
    def test_runs_the_next_step_now_and_later_delays_count_from_it(self) -> None:
        crew = cast.platform()
        opened(crew.policy)
        escalate.run(NOW)
        paging.escalate_now("test:1", by(crew.ana), NOW + minutes(1))
        escalate.run(NOW + minutes(1))
        assert names() == ["Ana", "Bo"]
        escalate.run(NOW + minutes(10.9))
        assert len(names()) == 2
        escalate.run(NOW + minutes(11))
        assert names() == ["Ana", "Bo", "Dee"]

    def test_acknowledgement_stays_and_nothing_further_runs(self) -> None:
        crew = cast.platform()
        page = opened(crew.policy)
        escalate.run(NOW)
        paging.acknowledge("test:1", by(crew.ana), NOW)
        paging.escalate_now("test:1", by(crew.ana), NOW + minutes(1))
        escalate.run(NOW + minutes(1))
        assert names(state="pending") == ["Bo"]
        page.refresh_from_db()
        assert (page.state, page.acknowledged_by, page.due_at) == ("acknowledged", crew.ana, None)
        assert paging.acknowledge("test:1", by(crew.bo), NOW + minutes(2)).changed
        assert names(state="pending") == []

    def test_lifts_a_hold(self) -> None:
        crew = cast.platform()
        opened(crew.policy, hold_reason="maintenance")
        paging.escalate_now("test:1", by(crew.bo), NOW + minutes(1))
        escalate.run(NOW + minutes(1))
        assert names() == ["Ana"]

    def test_nothing_left_is_said(self) -> None:
        crew = cast.platform()
        opened(cast.policy("One", [(0, [cast.to_user(crew.ana)])]))
        escalate.run(NOW)
        with pytest.raises(NothingLeft):
            paging.escalate_now("test:1", by(crew.ana), NOW)
        with pytest.raises(NothingLeft):
            paging.escalate_now("test:9", by(crew.ana), NOW)


class TestPassOn:
    def test_clears_the_own_acknowledgement_and_pages_the_next(self) -> None:
        crew = cast.platform()
        cast.rule(crew.ana, crew.ana.contact_methods.get(), delay=5)
        page = opened(crew.policy)
        escalate.run(NOW)
        paging.acknowledge("test:1", by(crew.ana), NOW)
        paging.pass_on("test:1", by(crew.ana), NOW + minutes(1))
        escalate.run(NOW + minutes(1))
        page.refresh_from_db()
        assert (page.state, page.acknowledged_by, page.due_at) == ("open", None, NOW + minutes(11))
        assert names(state="pending") == ["Bo"]

    def test_stops_what_the_one_who_passes_would_still_be_told(self) -> None:
        crew = cast.platform()
        cast.rule(crew.ana, crew.ana.contact_methods.get(), delay=5)
        opened(cast.policy("Two", [(0, [cast.to_user(crew.ana), cast.to_user(crew.cy)]), (5, [cast.to_user(crew.bo)])]))
        escalate.run(NOW)
        all_sent()
        paging.pass_on("test:1", by(crew.ana), NOW + minutes(1))
        escalate.run(NOW + minutes(1))
        assert names(state="pending") == ["Bo"]

    def test_without_a_step_left_the_fallback_is_told(self) -> None:
        crew = cast.platform()
        User.objects.create_superuser("root", "root@example.org", "correct horse battery")
        opened(cast.policy("One", [(0, [cast.to_user(crew.ana)])], repeat_after=60))
        escalate.run(NOW)
        paging.acknowledge("test:1", by(crew.ana), NOW)
        paging.pass_on("test:1", by(crew.ana), NOW + minutes(1))
        escalate.run(NOW + minutes(1))
        assert names("fallback") == ["root"]

    def test_anothers_acknowledgement_stays(self) -> None:
        crew = cast.platform()
        page = opened(crew.policy)
        escalate.run(NOW)
        paging.acknowledge("test:1", by(crew.cy), NOW)
        paging.pass_on("test:1", by(crew.ana), NOW + minutes(1))
        page.refresh_from_db()
        assert (page.state, page.acknowledged_by) == ("acknowledged", crew.cy)

    def test_ends_the_own_page_by_hand(self) -> None:
        crew = cast.platform()
        hand = paging.add_responder("test:1", content(), crew.ana, by(crew.bo), NOW)
        escalate.run(NOW)
        paging.pass_on("test:1", by(crew.ana), NOW)
        hand.refresh_from_db()
        assert (hand.state, names(state="pending")) == ("ended", [])


class TestResponder:
    def test_asking_twice_pages_once(self) -> None:
        crew = cast.platform()
        one = paging.add_responder("test:1", content(), crew.cy, by(crew.ana), NOW)
        two = paging.add_responder("test:1", content(), crew.cy, by(crew.bo), NOW)
        assert one == two
        assert Page.objects.count() == 1

    def test_asking_again_after_an_answer_pages_again(self) -> None:
        crew = cast.platform()
        one = paging.add_responder("test:1", content(), crew.cy, by(crew.ana), NOW)
        paging.acknowledge("test:1", by(crew.cy), NOW)
        assert paging.add_responder("test:1", content(), crew.cy, by(crew.ana), NOW) != one


class TestHold:
    def test_moves_the_due_time_aside_and_back(self, events: list[PageEvent]) -> None:
        page = opened(cast.platform().policy)
        escalate.run(NOW)
        assert paging.hold("test:1", "maintenance", NOW + minutes(1)) == 1
        assert paging.hold("test:1", "maintenance", NOW + minutes(1)) == 0
        assert paging.release("test:1", NOW + minutes(2)) == 1
        page.refresh_from_db()
        assert (page.due_at, page.held_at, page.hold_reason) == (NOW + minutes(5), None, "")
        assert [event.kind for event in events] == ["paged", "held", "released"]

    def test_what_came_due_meanwhile_is_due_at_the_release(self) -> None:
        page = opened(cast.platform().policy)
        paging.hold("test:1", "maintenance", NOW)
        paging.release("test:1", NOW + minutes(60))
        page.refresh_from_db()
        assert page.due_at == NOW + minutes(60)

    def test_answered_and_hand_made_pages_are_not_held(self) -> None:
        crew = cast.platform()
        opened(crew.policy)
        paging.acknowledge("test:1", by(crew.ana), NOW)
        paging.add_responder("test:1", content(), crew.cy, by(crew.ana), NOW)
        assert paging.hold("test:1", "maintenance", NOW) == 0


class TestStepFailed:
    def refuse(self, **filters: object) -> None:
        Notification.objects.filter(**filters).update(state="failed")

    def test_next_step_is_brought_forward_when_all_messages_were_refused(self, events: list[PageEvent]) -> None:
        crew = cast.platform()
        page = opened(crew.policy)
        escalate.run(NOW)
        self.refuse(step=1)
        assert paging.step_failed(page.pk, 1, 1, NOW + minutes(1))
        assert page.runs.get().misses[0]["why"] == "provider refused"
        assert "provider refused" in events[-1].text
        escalate.run(NOW + minutes(1))
        assert names() == ["Ana", "Bo"]

    @pytest.mark.parametrize("state", ["pending", "sending", "sent"])
    def test_not_while_one_message_may_arrive(self, state: str) -> None:
        crew = cast.platform()
        page = opened(cast.policy("Two", [(0, [cast.to_user(crew.ana), cast.to_user(crew.bo)]), (5, [])]))
        escalate.run(NOW)
        self.refuse(person=crew.ana)
        Notification.objects.filter(person=crew.bo).update(state=state)
        assert not paging.step_failed(page.pk, 1, 1, NOW + minutes(1))

    def test_round_in_which_everything_was_refused_goes_to_the_fallback(self) -> None:
        crew = cast.platform()
        User.objects.create_superuser("root", "root@example.org", "correct horse battery")
        page = opened(cast.policy("One", [(0, [cast.to_user(crew.ana)])], repeat=2))
        escalate.run(NOW)
        self.refuse(step=1)
        paging.step_failed(page.pk, 1, 1, NOW + minutes(1))
        escalate.run(NOW + minutes(1))
        row = Notification.objects.get(kind="fallback")
        assert row.title.startswith("Nobody could be reached")
        assert "provider refused" in row.text

    def test_answered_page_stays_answered(self) -> None:
        crew = cast.platform()
        page = opened(crew.policy)
        escalate.run(NOW)
        paging.acknowledge("test:1", by(crew.ana), NOW)
        self.refuse(step=1)
        assert not paging.step_failed(page.pk, 1, 1, NOW + minutes(1))


class TestPlan:
    def test_says_who_is_paged_when_up_to_the_fallback(self) -> None:
        crew = cast.platform(repeat_after=20)
        page = opened(crew.policy)
        escalate.run(NOW)
        page.refresh_from_db()
        planned = paging.plan(page, NOW + minutes(1))
        assert [(each.step, each.round, each.at - NOW, each.names) for each in planned] == [
            (2, 1, minutes(5), ("Bo",)),
            (3, 1, minutes(15), ("Dee",)),
            (0, 1, minutes(35), ()),
        ]

    def test_knows_who_will_be_on_call_by_then_and_who_cannot_be_reached(self) -> None:
        crew = cast.platform()
        page = opened(crew.policy)
        cast.override(crew.schedule, NOW + minutes(4), NOW + minutes(6), add=crew.zoe, remove=crew.bo)
        crew.dee.is_active = False
        crew.dee.save()
        planned = paging.plan(page, NOW)
        assert [each.people for each in planned[:3]] == [
            (PlannedPerson("Ana", True, ""),),
            (PlannedPerson("Zoe", True, ""),),
            (PlannedPerson("Dee", False, "inactive"),),
        ]
        assert [each.at - NOW for each in planned] == [minutes(0), minutes(5), minutes(15), minutes(15)]

    def test_says_what_the_engine_then_does(self) -> None:
        crew = cast.platform(repeat=1, repeat_after=7)
        page = opened(crew.policy)
        planned = [(each.round, each.step, each.at) for each in paging.plan(page, NOW)]
        for minute in range(60):
            escalate.run(NOW + minutes(minute))
        ran = list(page.runs.order_by("ran_at", "id").values_list("round", "step", "ran_at"))
        assert ran[: len(planned)] == planned

    def test_answered_page_has_no_future_and_one_without_end_is_cut(self) -> None:
        crew = cast.platform()
        hand = paging.add_responder("test:1", content(), crew.cy, by(crew.ana), NOW)
        assert len(paging.plan(hand, NOW)) == 12
        paging.acknowledge("test:1", by(crew.cy), NOW)
        hand.refresh_from_db()
        assert paging.plan(hand, NOW) == []

    def test_costs_few_queries(self, django_assert_max_num_queries) -> None:
        page = opened(cast.platform(repeat=3).policy)
        page.refresh_from_db()
        with django_assert_max_num_queries(14):
            assert len(paging.plan(page, NOW)) == 12


class TestReachable:
    def test_wants_an_active_account_and_a_rule_for_a_verified_address(self) -> None:
        crew = cast.platform()
        gone = cast.person("gone", is_active=False)
        shy = cast.person("shy", verified=False)
        quiet = cast.person("quiet", rules=False)
        everybody = [user.pk for user in (crew.ana, gone, shy, quiet)]
        assert paging.reachable(everybody) == {crew.ana.pk}
        crew.ana.notification_rules.filter(urgency="low").delete()
        assert paging.reachable(everybody, "low") == set()
