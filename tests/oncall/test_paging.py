"""Pages open, wait while held, and know what comes next."""

import pytest

from oncall import paging
from oncall.engine import escalate
from oncall.models import Notification, Page, PolicyVersion
from oncall.paging import PageRequest, PlannedPerson
from oncall.signals import PageEvent
from tests import cast
from tests.cast import NOW
from tests.oncall.pages import by, content, minutes, opened

pytestmark = pytest.mark.django_db


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
            "[SEV-1 Critical] Checkout: High error rate",
            "[SEV-1 Critical] Checkout: All is lost",
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
