"""An answer stops what it must, leaves what it must, and is told to whoever was paged."""

import pytest

from oncall import paging
from oncall.engine import escalate
from oncall.models import Notification, Page, User
from oncall.paging import Actor
from oncall.signals import PageEvent
from tests import cast
from tests.cast import NOW
from tests.oncall.pages import all_sent, by, content, minutes, names, opened

pytestmark = pytest.mark.django_db


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
        assert outcome.in_flight_to == ("Ana",)
        assert events[-1].text == "Acknowledged by Ana. 2 messages were stopped; already being sent: to Ana."
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
        assert row.title == "Ana took it: [SEV-1 Critical] Checkout: High error rate"

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
