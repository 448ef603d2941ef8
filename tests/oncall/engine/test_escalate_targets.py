"""Every target of a step is reached; whoever cannot be is passed at once, said why, and it never ends in silence."""

from collections.abc import Callable

import pytest

from oncall.engine import escalate
from oncall.models import ContactMethod, LayerMember, Notification, User
from oncall.signals import PageEvent
from tests import cast
from tests.cast import NOW
from tests.oncall.pages import fallbacks, minutes, opened, paged, tick

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("root")]


class TestTargets:
    def test_one_step_reaches_all_its_targets_each_once(self) -> None:
        crew = cast.platform()
        room = cast.channel("Ops room")
        targets = [
            cast.on_layer(crew.schedule),
            cast.to_user(crew.cy),
            cast.to_lead(crew.team),
            cast.to_manager(crew.team),
            cast.to_team(crew.team),
            cast.to_channel(room),
        ]
        opened(cast.policy("All", [(0, targets)]))
        escalate.run(NOW)
        assert sorted(name for name, *_ in paged()) == ["Ana", "Bo", "Cy", "Dee", "Ops room", "Zoe"]

    def test_sev1_pages_primary_and_secondary_together(self, events: list[PageEvent]) -> None:
        crew = cast.platform()
        both = [cast.on_layer(crew.schedule, "primary"), cast.on_layer(crew.schedule, "secondary")]
        opened(cast.policy("SEV-1", [(0, both)]))
        escalate.run(NOW)
        assert paged() == [("Ana", 1, 1), ("Bo", 1, 1)]
        assert [(event.kind, event.text, event.people) for event in events] == [
            ("paged", "Paged Ana (email), Bo (email) — step 1.", (crew.ana.pk, crew.bo.pk))
        ]

    def test_every_rule_is_a_message_of_its_own_time(self) -> None:
        ana = cast.person("ana")
        push = cast.contact(ana, "push", "ntfys://ntfy.example.org/ana")
        cast.rule(ana, push, delay=0)
        cast.rule(ana, ana.contact_methods.get(slug="mail"), delay=5)
        page = opened(cast.policy("One", [(0, [cast.to_user(ana)])]))
        escalate.run(NOW)
        rows = Notification.objects.order_by("due_at", "pk")
        rules = {rule.contact_method.slug: rule for rule in ana.notification_rules.filter(urgency="high")}
        assert [(row.contact_method.slug, row.due_at - NOW) for row in rows] == [
            ("mail", minutes(0)),
            ("push", minutes(0)),
            ("mail", minutes(5)),
        ]
        assert rows[1].key == f"page:{page.pk}:1:1:{ana.pk}:{rules['push'].pk}"

    def test_rules_of_the_other_urgency_do_not_count(self) -> None:
        ana = cast.person("ana", rules=False)
        cast.rule(ana, ana.contact_methods.get(), urgencies=["low"])
        policy = cast.policy("One", [(0, [cast.to_user(ana)])])
        opened(policy, subject="test:low", urgency="low")
        escalate.run(NOW)
        assert paged() == [("Ana", 1, 1)]
        high = opened(policy, subject="test:high")
        escalate.run(NOW)
        assert paged(high) == []


def _leave(crew: cast.Platform) -> None:
    cast.away(crew.bo, NOW - minutes(60), NOW + minutes(60))


def _inactive(crew: cast.Platform) -> None:
    crew.bo.is_active = False
    crew.bo.save()


def _no_rule(crew: cast.Platform) -> None:
    crew.bo.notification_rules.all().delete()


def _unverified(crew: cast.Platform) -> None:
    ContactMethod.objects.filter(user=crew.bo).update(verified_at=None)


class TestFallThrough:
    @pytest.mark.parametrize(
        ("make", "why"),
        [(_leave, "on leave"), (_inactive, "inactive"), (_no_rule, "no rule"), (_unverified, "unverified")],
    )
    def test_person_who_cannot_be_reached_is_passed_at_once_and_the_timeline_says_why(
        self, make: Callable[[cast.Platform], None], why: str, events: list[PageEvent]
    ) -> None:
        crew = cast.platform()
        make(crew)
        page = opened(cast.policy("Two", [(0, [cast.to_user(crew.bo)]), (15, [cast.to_user(crew.cy)])]))
        escalate.run(NOW)
        assert paged() == [("Cy", 2, 1)]
        assert [(event.kind, event.text) for event in events] == [
            ("unreached", f"Step 1 reached nobody. Could not reach Bo: {why}."),
            ("paged", "Paged Cy (email) — step 2."),
        ]
        assert page.runs.get(step=1).misses == [{"target": "Bo", "person": "Bo", "why": why}]

    def test_empty_layer_and_missing_targets_are_told_apart(self) -> None:
        crew = cast.platform()
        nobody = cast.team("Nobody")
        targets = [cast.on_layer(crew.schedule, "primary"), cast.to_lead(nobody), cast.to_team(nobody)]
        page = opened(cast.policy("Holes", [(0, targets), (0, []), (0, [cast.to_user(crew.cy)])]))
        LayerMember.objects.filter(layer=crew.primary).delete()
        escalate.run(NOW)
        assert [(miss["target"], miss["why"]) for run in page.runs.order_by("id") for miss in run.misses] == [
            ("Platform · primary", "empty layer"),
            ("lead of Nobody", "no target"),
            ("team Nobody", "no target"),
            ("", "no target"),
        ]
        assert paged() == [("Cy", 3, 1)]

    def test_schedule_gone_since_the_page_began_is_no_target(self) -> None:
        crew = cast.platform()
        page = opened(cast.policy("Gone", [(0, [cast.on_layer(crew.schedule)]), (5, [cast.to_user(crew.cy)])]))
        crew.schedule.delete()
        escalate.run(NOW)
        assert page.runs.get(step=1).misses == [{"target": "Platform", "person": "", "why": "no target"}]
        assert paged() == [("Cy", 2, 1)]

    def test_one_who_is_missed_does_not_stop_the_others(self, events: list[PageEvent]) -> None:
        crew = cast.platform()
        _leave(crew)
        opened(cast.policy("Team", [(0, [cast.to_team(crew.team)])]))
        escalate.run(NOW)
        assert events[0].text == "Paged Ana (email), Cy (email) — step 1. Could not reach Bo: on leave."

    def test_override_outranks_leave(self) -> None:
        crew = cast.platform()
        _leave(crew)
        cast.override(crew.schedule, NOW - minutes(5), NOW + minutes(5), add=crew.bo, remove=crew.ana)
        opened(crew.policy)
        escalate.run(NOW)
        assert paged() == [("Bo", 1, 1)]

    def test_round_that_reached_nobody_tells_the_fallback_in_the_same_tick(self, events: list[PageEvent]) -> None:
        crew = cast.platform()
        _inactive(crew)
        page = opened(cast.policy("Bo", [(0, [cast.to_user(crew.bo)]), (15, [cast.to_user(crew.bo)])], repeat=3))
        escalate.run(NOW)
        assert fallbacks() == [NOW]
        assert [event.kind for event in events] == ["unreached", "unreached", "fallback"]
        assert "Nobody could be reached. Could not reach Bo: inactive." in events[-1].text
        page.refresh_from_db()
        assert (page.due_at, page.exhausted_at) == (NOW + minutes(30), NOW)

    def test_last_step_that_reached_nobody_starts_the_next_round_at_once(self) -> None:
        crew = cast.platform()
        _inactive(crew)
        steps = [(0, [cast.to_user(crew.ana)]), (15, [cast.to_user(crew.bo)])]
        opened(cast.policy("Two", steps, repeat=1, repeat_after=60))
        tick(NOW)
        tick(NOW + minutes(15))
        assert paged() == [("Ana", 1, 1), ("Ana", 1, 2)]

    def test_no_policy_and_a_policy_without_steps_tell_the_fallback_at_once(self) -> None:
        opened(None, subject="test:1")
        opened(cast.policy("Empty", []), subject="test:2")
        escalate.run(NOW)
        assert fallbacks() == [NOW, NOW]
        assert "No escalation policy says whom to page." in Notification.objects.filter(kind="fallback")[0].text

    def test_fallback_without_anybody_to_tell_is_on_the_timeline(self, events: list[PageEvent]) -> None:
        User.objects.all().delete()
        page = opened(None)
        escalate.run(NOW)
        assert "No fallback channel is set" in events[0].text
        page.refresh_from_db()
        assert page.due_at == NOW + minutes(30)

    def test_channel_counts_as_reached(self) -> None:
        room, ana = cast.channel("Ops room"), cast.person("ana")
        opened(cast.policy("Room", [(0, [cast.to_channel(room)]), (15, [cast.to_user(ana)])]))
        escalate.run(NOW)
        escalate.run(NOW + minutes(14))
        assert paged() == [("Ops room", 1, 1)]
        escalate.run(NOW + minutes(15))
        assert paged()[1:] == [("Ana", 2, 1)]
