import threading
import time

import pytest
from django.db import transaction

from oncall import nudge


class Broker:
    """Stands for the broker; while `free` is not set it holds every publisher."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.error: Exception | None = None
        self.free = threading.Event()
        self.free.set()
        self.heard = threading.Condition()

    def publish(self, name: str) -> None:
        self.free.wait(60)
        with self.heard:
            self.sent.append(name)
            self.heard.notify_all()
        if self.error:
            raise self.error

    def wait_for(self, count: int) -> list[str]:
        with self.heard:
            assert self.heard.wait_for(lambda: len(self.sent) >= count, timeout=30), self.sent
            return list(self.sent)


@pytest.fixture
def broker(settings, monkeypatch: pytest.MonkeyPatch) -> Broker:
    settings.CELERY_NUDGES = True
    made = Broker()
    monkeypatch.setattr(nudge, "_nudger", nudge.Nudger(made.publish))
    return made


@pytest.mark.django_db
class TestTransactions:
    def test_nothing_is_asked_for_before_the_commit(self, broker: Broker, django_capture_on_commit_callbacks) -> None:
        with django_capture_on_commit_callbacks() as callbacks:
            nudge.look("oncall.dispatch")
        assert broker.sent == []
        for callback in callbacks:
            callback()
        assert broker.wait_for(1) == ["oncall.dispatch"]

    def test_a_transaction_asks_once_for_each_name(self, broker: Broker, django_capture_on_commit_callbacks) -> None:
        with django_capture_on_commit_callbacks() as callbacks:
            for name in ("oncall.dispatch", "oncall.escalate", "oncall.dispatch", "oncall.dispatch"):
                nudge.look(name)
        assert len(callbacks) == 2

    def test_what_is_rolled_back_asks_for_nothing(self, broker: Broker, django_capture_on_commit_callbacks) -> None:
        with django_capture_on_commit_callbacks() as callbacks:
            with pytest.raises(RuntimeError), transaction.atomic():
                nudge.look("oncall.dispatch")
                raise RuntimeError
            nudge.look("oncall.escalate")
        assert [callback.task_name for callback in callbacks] == ["oncall.escalate"]

    def test_nudges_can_be_switched_off(self, broker, settings, django_capture_on_commit_callbacks) -> None:
        settings.CELERY_NUDGES = False
        with django_capture_on_commit_callbacks() as callbacks:
            nudge.look("oncall.dispatch")
        assert callbacks == []


def test_a_frozen_broker_does_not_hold_the_caller(broker: Broker) -> None:
    broker.free.clear()
    nudger = nudge.Nudger(broker.publish)
    started = time.monotonic()
    for number in range(100):
        nudger.ask(f"task.{number}")
    assert time.monotonic() - started < 10
    assert broker.sent == []
    broker.free.set()


def test_what_is_asked_for_while_the_broker_is_busy_is_sent_once(broker: Broker) -> None:
    nudger = nudge.Nudger(broker.publish)
    broker.free.clear()
    nudger.ask("first")
    for _ in range(50):
        nudger.ask("second")
    broker.free.set()
    sent = broker.wait_for(2)
    assert sorted(set(sent)) == ["first", "second"]
    assert sent.count("second") <= 2


def test_after_a_failure_it_is_silent_for_five_seconds(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1_000.0]
    monkeypatch.setattr(nudge.time, "monotonic", lambda: clock[0])
    nudger = nudge.Nudger(broker.publish)
    broker.error = ConnectionError("no broker")
    assert nudger.send(["oncall.dispatch"]) is False
    clock[0] += 4.9
    nudger.ask("oncall.dispatch")
    assert nudger.thread is None and not nudger.wanted
    broker.error = None
    clock[0] += 0.1
    nudger.ask("oncall.dispatch")
    assert broker.wait_for(2) == ["oncall.dispatch", "oncall.dispatch"]


def test_a_job_is_asked_for_by_its_name_says_so_and_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict[str, object]]] = []

    class App:
        def send_task(self, name: str, **options: object) -> None:
            asked.append((name, options))

    monkeypatch.setattr(nudge, "current_app", App())
    nudge._publish("oncall.dispatch")
    options = {"expires": 10, "retry": False, "ignore_result": True, "headers": {nudge.HEADER: True}}
    assert asked == [("oncall.dispatch", options)]


def test_a_name_pauses_between_two_of_its_own_and_for_no_other(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1_000.0]
    monkeypatch.setattr(nudge.time, "monotonic", lambda: clock[0])
    nudger = nudge.Nudger(broker.publish, wanted={"drain"})
    assert nudger._ripe() == ["drain"]
    clock[0] += 0.09
    nudger.wanted |= {"drain", "escalate"}
    assert nudger._ripe() == ["escalate"]
    clock[0] += 0.02
    assert nudger._ripe() == ["drain"]
