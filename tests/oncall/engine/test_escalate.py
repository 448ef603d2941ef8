"""Steps are run in order and time: one delay after another, one tick a step, held or by hand; a crowd costs no more."""

from datetime import timedelta

import pytest

from oncall import paging
from oncall.engine import escalate
from oncall.engine.looks import Looks
from oncall.models import ContactMethod, EscalationStep, Notification, StepRun, StepTarget
from oncall.paging import Actor, PageRequest
from tests import cast
from tests.cast import NOW
from tests.oncall.pages import content, fallbacks, minutes, opened, paged, tick

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("root")]


class TestOrder:
    def test_primary_then_secondary_then_lead(self) -> None:
        page = opened(cast.platform().policy)
        for at in (0, 4.9, 5, 14.9, 15):
            escalate.run(NOW + minutes(at))
        assert paged() == [("Ana", 1, 1), ("Bo", 2, 1), ("Dee", 3, 1)]
        assert list(page.runs.values_list("step", "ran_at", "reached")) == [
            (1, NOW, 1),
            (2, NOW + minutes(5), 1),
            (3, NOW + minutes(15), 1),
        ]

    def test_nothing_runs_before_it_is_due(self) -> None:
        opened(cast.platform().policy)
        assert escalate.run(NOW - timedelta(seconds=1)) == 0
        assert escalate.run(NOW) == 1
        assert escalate.run(NOW) == 0

    def test_page_opened_late_counts_from_the_alerts_receipt(self) -> None:
        policy = cast.policy("Slow", [(10, [cast.to_user(cast.person("ana"))])])
        paging.open_page(PageRequest("test:1", content(), policy.pk, NOW), NOW + minutes(9))
        assert escalate.run(NOW + minutes(9.9)) == 0
        assert escalate.run(NOW + minutes(10)) == 1

    def test_after_an_outage_one_step_is_run_and_the_next_delay_counts_from_it(self) -> None:
        opened(cast.platform().policy)
        back = NOW + minutes(60)
        escalate.run(back)
        escalate.run(back + timedelta(seconds=1))
        assert paged() == [("Ana", 1, 1)]
        escalate.run(back + minutes(4.9))
        assert len(paged()) == 1
        escalate.run(back + minutes(5))
        assert paged()[1:] == [("Bo", 2, 1)]

    def test_two_steps_without_delay_take_two_ticks(self) -> None:
        ana, bo = cast.person("ana"), cast.person("bo")
        opened(cast.policy("Both", [(0, [cast.to_user(ana)]), (0, [cast.to_user(bo)])]))
        escalate.run(NOW)
        assert paged() == [("Ana", 1, 1)]
        escalate.run(NOW + timedelta(seconds=1))
        assert paged()[1:] == [("Bo", 2, 1)]

    def test_severest_first(self) -> None:
        ana = cast.person("ana")
        policy = cast.policy("One", [(0, [cast.to_user(ana)])])
        opened(policy, subject="test:low", rank=4)
        high = opened(policy, subject="test:high", rank=1)
        escalate.run(NOW)
        assert Notification.objects.order_by("pk")[0].page == high

    def test_rounds_repeat_and_then_the_fallback_is_told_every_half_hour(self) -> None:
        ana = cast.person("ana")
        page = opened(cast.policy("One", [(0, [cast.to_user(ana)])], repeat=1, repeat_after=15))
        for minute in range(121):
            tick(NOW + minutes(minute))
        assert paged() == [("Ana", 1, 1), ("Ana", 1, 2)]
        assert fallbacks() == [NOW + minutes(count) for count in (30, 60, 90, 120)]
        page.refresh_from_db()
        assert page.exhausted_at == NOW + minutes(30)

    def test_repeat_waits_the_last_steps_delay_unless_told(self) -> None:
        ana, bo = cast.person("ana"), cast.person("bo")
        opened(cast.policy("Two", [(0, [cast.to_user(ana)]), (7, [cast.to_user(bo)])], repeat=1))
        for minute in range(15):
            tick(NOW + minutes(minute))
        assert paged() == [("Ana", 1, 1), ("Bo", 2, 1), ("Ana", 1, 2)]
        assert StepRun.objects.get(step=1, round=2).ran_at == NOW + minutes(14)

    def test_policy_edited_while_it_runs_does_not_disturb_the_page(self) -> None:
        crew = cast.platform()
        opened(crew.policy)
        escalate.run(NOW)
        StepTarget.objects.filter(step__policy=crew.policy).delete()
        EscalationStep.objects.filter(policy=crew.policy, position__gt=0).delete()
        crew.policy.delete()
        for at in (5, 15):
            escalate.run(NOW + minutes(at))
        assert paged() == [("Ana", 1, 1), ("Bo", 2, 1), ("Dee", 3, 1)]

    def test_held_page_does_not_run(self) -> None:
        opened(cast.platform().policy)
        paging.hold("test:1", "maintenance", NOW)
        assert escalate.run(NOW + minutes(30)) == 0
        paging.release("test:1", NOW + minutes(31))
        escalate.run(NOW + minutes(31))
        assert paged() == [("Ana", 1, 1)]


class TestByHand:
    def test_person_is_paged_every_five_minutes_until_they_answer_themselves(self) -> None:
        ana, bo = cast.person("ana"), cast.person("bo")
        by = Actor(bo, "Bo", "console")
        page = paging.add_responder("test:1", content(), ana, by, NOW)
        for minute in range(12):
            tick(NOW + minutes(minute))
        assert paged(page) == [("Ana", 1, 1), ("Ana", 1, 2), ("Ana", 1, 3)]
        paging.acknowledge("test:1", by, NOW + minutes(12))
        tick(NOW + minutes(15))
        assert len(paged(page)) == 4
        paging.acknowledge("test:1", Actor(ana, "Ana", "phone"), NOW + minutes(16))
        assert escalate.run(NOW + minutes(60)) == 0

    def test_fallback_hears_once_in_thirty_minutes_of_a_person_who_cannot_be_reached(self) -> None:
        ana = cast.person("ana", verified=False)
        page = paging.add_responder("test:1", content(), ana, Actor(None, "", "engine"), NOW)
        for minute in range(61):
            escalate.run(NOW + minutes(minute))
        assert fallbacks() == [NOW, NOW + minutes(30), NOW + minutes(60)]
        ContactMethod.objects.filter(user=ana).update(verified_at=NOW)
        escalate.run(NOW + minutes(90))
        assert [name for name, *_ in paged(page)] == ["Ana"]
        page.refresh_from_db()
        assert (page.exhausted_at, page.due_at) == (None, NOW + minutes(95))


class TestCost:
    def test_queries_do_not_grow_with_the_number_of_pages(self, django_assert_max_num_queries) -> None:
        policy = cast.platform().policy
        requests = [PageRequest(f"test:{n}", content(), policy.pk, NOW) for n in range(60)]
        paging.open_pages(requests, NOW)
        with django_assert_max_num_queries(25):
            assert escalate.run(NOW, Looks(seen_at=NOW)) == 60
        assert Notification.objects.count() == 60
