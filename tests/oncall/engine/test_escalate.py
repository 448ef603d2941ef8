"""Steps are run in order and time, once, and never end in silence."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection, connections

from oncall import paging
from oncall.engine import escalate
from oncall.models import (
    ContactMethod,
    EscalationPolicy,
    EscalationStep,
    LayerMember,
    Notification,
    Page,
    StepRun,
    StepTarget,
    User,
)
from oncall.paging import Actor, PageContent, PageRequest
from oncall.signals import PageEvent, page_event
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db

ENGINE = Actor(None, "", "engine")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def content(**fields: object) -> PageContent:
    return PageContent(
        **{
            "title": "High error rate",
            "severity_label": "SEV-1 Critical",
            "rank": 1,
            "urgency": "high",
            "service": "Checkout",
            "started_at": NOW - minutes(2),
            "facts": ({"label": "Error rate", "value": "12 %"},),
            "links": ({"text": "Runbook", "href": "https://runbooks.example.org/checkout"},),
        }
        | fields
    )


def opened(policy: EscalationPolicy | None, at: datetime = NOW, subject: str = "test:1", **fields: object) -> Page:
    return paging.open_page(PageRequest(subject, content(**fields), policy.pk if policy else None, at), at)


def paged(page: Page | None = None) -> list[tuple[str, int | None, int | None]]:
    """Who was paged by which step and round, in the order posted."""
    rows = Notification.objects.filter(kind="page").select_related("person", "channel").order_by("pk")
    rows = rows.filter(page=page) if page else rows
    return [(str(row.person or row.channel), row.step, row.round) for row in rows]


def tick(at: datetime) -> None:
    """A tick whose messages all arrive."""
    escalate.run(at)
    Notification.objects.filter(state="pending", due_at__lte=at).update(state="sent", sent_at=at)


def fallbacks() -> list[datetime]:
    return [row.due_at for row in Notification.objects.filter(kind="fallback").order_by("pk")]


@pytest.fixture
def events() -> Iterator[list[PageEvent]]:
    seen: list[PageEvent] = []

    def receive(sender: object, events: Sequence[PageEvent], **_: object) -> None:
        seen.extend(events)

    page_event.connect(receive)
    yield seen
    page_event.disconnect(receive)


@pytest.fixture(autouse=True)
def root(db: None) -> User:
    return User.objects.create_superuser("root", "root@example.org", "correct horse battery")


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
        page = paging.add_responder("test:1", content(), ana, ENGINE, NOW)
        for minute in range(61):
            escalate.run(NOW + minutes(minute))
        assert fallbacks() == [NOW, NOW + minutes(30), NOW + minutes(60)]
        ContactMethod.objects.filter(user=ana).update(verified_at=NOW)
        escalate.run(NOW + minutes(90))
        assert [name for name, *_ in paged(page)] == ["Ana"]
        page.refresh_from_db()
        assert (page.exhausted_at, page.due_at) == (None, NOW + minutes(95))


class TestOnce:
    def test_same_contact_method_due_at_once_is_one_message(self) -> None:
        ana, bo = cast.person("ana"), cast.person("bo")
        opened(cast.policy("Two", [(0, [cast.to_user(ana)]), (0, [cast.to_user(ana), cast.to_user(bo)])]))
        escalate.run(NOW)
        escalate.run(NOW + timedelta(seconds=1))
        assert paged() == [("Ana", 1, 1), ("Bo", 2, 1)]
        assert StepRun.objects.get(step=2).reached == 2

    def test_message_sent_a_moment_ago_is_not_sent_again(self) -> None:
        ana = cast.person("ana")
        opened(cast.policy("Two", [(0, [cast.to_user(ana)]), (0, [cast.to_user(ana)])], repeat=1, repeat_after=1))
        escalate.run(NOW)
        Notification.objects.update(state="sent", sent_at=NOW + timedelta(seconds=1))
        escalate.run(NOW + timedelta(seconds=20))
        assert paged() == [("Ana", 1, 1)]
        escalate.run(NOW + timedelta(seconds=80))
        assert paged() == [("Ana", 1, 1), ("Ana", 1, 2)]

    def test_messages_of_one_person_minutes_apart_are_two(self) -> None:
        ana = cast.person("ana")
        opened(cast.policy("Two", [(0, [cast.to_user(ana)]), (1, [cast.to_user(ana)])]))
        escalate.run(NOW)
        Notification.objects.update(state="sent", sent_at=NOW)
        escalate.run(NOW + minutes(1))
        assert paged() == [("Ana", 1, 1), ("Ana", 2, 1)]

    def test_whoever_comes_second_to_a_page_changes_nothing(self) -> None:
        opened(cast.platform().policy)
        stale = list(Page.objects.all())
        escalate.run(NOW)
        before = Page.objects.get()
        escalate.act(stale, NOW)
        after = Page.objects.get()
        assert (after.step, after.due_at) == (before.step, before.due_at)
        assert paged() == [("Ana", 1, 1)]
        assert StepRun.objects.count() == 1

    def test_batch_in_which_one_was_taken_is_refused_whole(self) -> None:
        policy = cast.platform().policy
        opened(policy, subject="test:1")
        stale = [*Page.objects.all(), opened(policy, subject="test:2")]
        escalate.act(stale[:1], NOW)
        with pytest.raises(escalate.LostRaceError):
            escalate.act(stale, NOW)

    @pytest.mark.parametrize("where", ["page_drafts", "outbox.post", "tell", "_advance"])
    def test_crash_between_any_two_writes_changes_nothing(self, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
        page = opened(cast.platform().policy)
        owner, _, name = where.rpartition(".")
        target = getattr(escalate, owner) if owner else escalate
        real = getattr(target, name)

        def crash(*args: object) -> None:
            real(*args)
            raise RuntimeError("the power went out")

        monkeypatch.setattr(target, name, crash)
        assert escalate.run(NOW) == 0
        assert (paged(), StepRun.objects.count()) == ([], 0)
        page.refresh_from_db()
        assert (page.step, page.failures, page.due_at) == (1, 1, NOW + timedelta(seconds=1))
        monkeypatch.undo()
        escalate.run(NOW + timedelta(seconds=1))
        assert paged() == [("Ana", 1, 1)]
        page.refresh_from_db()
        assert (page.failures, page.last_error) == (0, "")


class TestBrokenPage:
    def test_does_not_stop_its_neighbours_and_ends_at_the_fallback(self) -> None:
        policy = cast.platform().policy
        broken = opened(policy, subject="test:broken")
        broken.policy.steps = [{"nonsense": 1}]
        broken.policy.digest = "0" * 64
        broken.policy.pk = None
        broken.policy.save()
        Page.objects.filter(pk=broken.pk).update(policy=broken.policy)
        whole = opened(policy, subject="test:whole")
        escalate.run(NOW)
        assert paged(whole) == [("Ana", 1, 1)]
        broken.refresh_from_db()
        assert broken.failures == 1
        assert "KeyError" in broken.last_error
        for second in range(120):
            escalate.run(NOW + timedelta(seconds=second))
        row = Notification.objects.get(page=broken, kind="fallback")
        assert "an error of ours" in row.text

    def test_timeline_that_cannot_be_written_delays_a_page_but_does_not_stop_it(self) -> None:
        def refuse(**_: object) -> None:
            raise RuntimeError("no timeline today")

        opened(cast.platform().policy)
        page_event.connect(refuse)
        try:
            escalate.run(NOW)
            assert paged() == []
            escalate.run(NOW + timedelta(seconds=1))
        finally:
            page_event.disconnect(refuse)
        assert paged() == [("Ana", 1, 1)]


class TestMessage:
    def test_says_what_since_when_how_bad_who_else_and_what_next(self) -> None:
        crew = cast.platform()
        opened(cast.policy("Two", [(0, [cast.to_user(crew.ana), cast.to_user(crew.cy)]), (5, [cast.to_user(crew.bo)])]))
        User.objects.filter(pk=crew.ana.pk).update(timezone="Europe/Berlin")
        escalate.run(NOW)
        row = Notification.objects.get(person=crew.ana)
        assert row.title == "[SEV-1 Critical] Checkout: High error rate"
        assert row.text.splitlines() == [
            "High error rate",
            "",
            "How bad: SEV-1 Critical",
            "Service: Checkout",
            "Since: 09:58 CET (08:58 UTC)",
            "",
            "Error rate: 12 %",
            "",
            "Runbook: https://runbooks.example.org/checkout",
            "",
            "Also paged: Cy.",
            "Next: Bo is paged at 10:05 CET (09:05 UTC) unless somebody acknowledges.",
        ]
        assert "/p/" in row.link

    def test_later_step_names_whom_the_earlier_one_paged(self) -> None:
        opened(cast.platform().policy)
        escalate.run(NOW)
        escalate.run(NOW + minutes(5))
        assert "Also paged: Ana." in Notification.objects.get(step=2).text

    def test_last_step_announces_the_fallback(self) -> None:
        opened(cast.policy("One", [(0, [cast.to_user(cast.person("ana"))])], repeat_after=10))
        escalate.run(NOW)
        assert "Next: the fallback channel is told at 09:10 WET" in Notification.objects.get().text

    def test_whom_the_next_step_cannot_reach_is_not_announced(self) -> None:
        crew = cast.platform()
        _inactive(crew)
        steps = [(0, [cast.to_user(crew.ana)]), (5, [cast.to_user(crew.bo)]), (5, [cast.to_user(crew.cy)])]
        opened(cast.policy("Three", steps))
        escalate.run(NOW)
        assert "Next: Cy is paged at 09:05 WET" in Notification.objects.get().text

    def test_nothing_private_reaches_a_channel_or_the_fallback(self) -> None:
        room = cast.channel("Ops room")
        opened(cast.policy("Room", [(0, [cast.to_channel(room)])]), private=True, title="Key leaked")
        opened(None, subject="test:2", private=True, title="Key leaked")
        escalate.run(NOW)
        assert Notification.objects.count() == 2
        for row in Notification.objects.all():
            assert row.private
            assert "leaked" not in row.title + row.text
            assert "Error rate" not in row.text

    def test_hostile_title_stays_one_header_line_and_text_stays_small(self) -> None:
        ana = cast.person("ana")
        facts = tuple({"label": f"l{n}", "value": "é" * 9_000} for n in range(100))
        opened(cast.policy("One", [(0, [cast.to_user(ana)])]), title="x\r\nBcc: all@example.org" * 40, facts=facts)
        escalate.run(NOW)
        row = Notification.objects.get()
        assert "\n" not in row.title
        assert len(row.title) <= 200
        assert len(row.text.encode()) <= 8_192
        assert row.text.endswith("unless somebody acknowledges.")


class TestCost:
    def test_queries_do_not_grow_with_the_number_of_pages(self, django_assert_max_num_queries) -> None:
        policy = cast.platform().policy
        requests = [PageRequest(f"test:{n}", content(), policy.pk, NOW) for n in range(60)]
        paging.open_pages(requests, NOW)
        with django_assert_max_num_queries(24):
            assert escalate.run(NOW) == 60
        assert Notification.objects.count() == 60


@contextmanager
def _shared(folder: Path) -> Iterator[None]:
    """A database that several threads can work on: the tests' own, or, where that is in memory, a copy in a file."""
    if connection.vendor != "sqlite":
        yield
        return
    name = connections.settings["default"]["NAME"]
    copy = sqlite3.connect(folder / "race.sqlite3")
    connection.connection.backup(copy)
    copy.close()
    connections.settings["default"]["NAME"] = str(folder / "race.sqlite3")
    try:
        yield
    finally:
        connections.settings["default"]["NAME"] = name


def _together(works: Sequence[Callable[[], object]]) -> list[object]:
    """Each in a thread with a connection of its own, all begun at once; what they returned or raised."""
    start = threading.Barrier(len(works))
    results: list[object] = []

    def one(work: Callable[[], object]) -> None:
        try:
            start.wait(timeout=10)
            results.append(work())
        except Exception as error:
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_two_workers_run_each_step_once(self, tmp_path: Path) -> None:
        policy = cast.platform().policy
        paging.open_pages([PageRequest(f"test:{n}", content(), policy.pk, NOW) for n in range(700)], NOW)
        with _shared(tmp_path):
            assert sum(_together([lambda: escalate.run(NOW)] * 2)) == 700
            counted = _together([lambda: (Notification.objects.count(), StepRun.objects.filter(step=1).count())])
        assert counted == [(700, 700)]

    def test_acknowledge_and_escalate_at_once_leave_nothing_to_send(self, tmp_path: Path) -> None:
        crew = cast.platform()
        by = Actor(crew.ana, "Ana", "phone")
        subjects = [f"test:{n}" for n in range(30)]
        paging.open_pages([PageRequest(subject, content(), crew.policy.pk, NOW) for subject in subjects], NOW)

        def answer() -> int:
            return sum(paging.acknowledge(subject, by, NOW).changed for subject in subjects)

        with _shared(tmp_path):
            results = _together([answer, lambda: escalate.run(NOW)])
            waiting = _together([lambda: Notification.objects.filter(kind="page", state="pending").count()])
            due = _together([lambda: Page.objects.filter(due_at__isnull=False).count()])
        assert 30 in results
        assert all(isinstance(result, int) for result in results)
        assert (waiting, due) == ([0], [0])
