"""A busy provider is tried again, with pauses, for half an hour; a crash repeats one message once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from oncall import outbox
from oncall.engine import claims, dispatch
from oncall.models import Notification, Page
from oncall.signals import PageEvent
from tests import cast
from tests.cast import NOW
from tests.oncall.engine.dispatching import BUSY, OK, REFUSED, Provider, State, draft, later, row, to

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


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
        assert all(0.8 * ideal <= pause <= 1.2 * ideal for pause, ideal in zip(pauses, (2, 3, 5, 8), strict=True))
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
        slow = claims.take(row("a").pk, NOW)
        quick = claims.take(row("a").pk, later(seconds=61))
        dispatch._record(quick, OK, later(seconds=62))
        dispatch._record(slow, REFUSED, later(seconds=70))
        assert (row("a").state, row("a").sent_at) == (State.SENT, later(seconds=62))

    def test_a_lease_from_before_the_clock_was_set_back_keeps_nothing(
        self, provider: Provider, page: Page, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """But one taken by a machine whose clock is a little ahead does."""
        to(cast.person("ana"), page)
        self.crash(monkeypatch)
        assert dispatch.run(NOW - timedelta(seconds=59)) == 0
        assert dispatch.run(NOW - timedelta(hours=1)) == 1
        assert len(provider.keys) == 2 and len(set(provider.keys)) == 1

    def test_one_message_is_claimed_by_one_worker(self, page: Page) -> None:
        outbox.post([draft("a", page)], NOW)
        assert claims.take(row("a").pk, NOW) is not None
        assert claims.take(row("a").pk, NOW) is None
