"""Pages that go further: the next step now, somebody by hand, a step whose messages were all refused."""

import pytest

from oncall import paging
from oncall.engine import escalate
from oncall.models import Notification, Page, User
from oncall.paging import NothingLeft
from oncall.signals import PageEvent
from tests import cast
from tests.cast import NOW
from tests.oncall.pages import by, content, minutes, names, opened

pytestmark = pytest.mark.django_db


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
