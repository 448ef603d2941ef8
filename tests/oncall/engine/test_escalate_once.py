"""Each step is done once and whole, whoever else works, crashes or is broken."""

from datetime import timedelta

import pytest

from oncall.engine import escalate
from oncall.models import Notification, Page, StepRun
from oncall.signals import page_event
from tests import cast
from tests.cast import NOW
from tests.oncall.pages import minutes, opened, paged

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("root")]


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
