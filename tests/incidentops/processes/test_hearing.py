"""A worker whose queue fills while it hears nothing is made to connect anew, and one that merely waits is let be."""

import signal
from types import SimpleNamespace
from typing import Any

import pytest

from incidentops.processes import hearing
from incidentops.processes.hearing import MOST_REQUESTS, MOST_TRIES, QUIET_SECONDS, Hearing

QUIET = QUIET_SECONDS + 0.1


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """How many messages lie in it."""
    made = SimpleNamespace(waiting=1)
    monkeypatch.setattr(hearing, "_waiting", lambda _name: made.waiting)
    return made


@pytest.fixture
def worker(queue: SimpleNamespace) -> tuple[Hearing, list[Any]]:
    """One with a free hand, and what its loop was told."""
    told: list[Any] = []
    ear = Hearing("paging", 2, SimpleNamespace(hub=SimpleNamespace(call_soon=told.append)))
    return ear, told


def test_a_worker_that_hears_nothing_of_a_queue_that_fills_connects_anew(worker: tuple[Hearing, list[Any]]) -> None:
    ear, told = worker
    ear.look(QUIET)
    assert told == [], "a message may be on its way"
    ear.look(QUIET + 1)
    assert len(told) == 1
    with pytest.raises(ConnectionError):
        told[0]()
    ear.look(QUIET + 2)
    assert len(told) == 1, "it is given time to do so"


def test_an_empty_queue_and_busy_hands_are_no_sign(worker: tuple[Hearing, list[Any]], queue: SimpleNamespace) -> None:
    ear, told = worker
    queue.waiting = 0
    ear.look(QUIET)
    queue.waiting = 1
    ear.look(QUIET + 1)
    queue.waiting = 0
    ear.look(QUIET + 2)
    queue.waiting = 1
    ear._began()
    ear._began()
    ear.heard_at = 0.0
    ear.look(QUIET + 3)
    ear.look(QUIET + 4)
    assert told == []


def test_whoever_hears_is_left_alone(worker: tuple[Hearing, list[Any]]) -> None:
    ear, told = worker
    ear.look(QUIET)
    ear._began()
    ear._ended()
    ear.look(ear.heard_at + 1)
    ear.look(ear.heard_at + QUIET)
    assert told == []


def test_messages_that_came_too_late_are_heard_of_too(
    worker: tuple[Hearing, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a long stop there are thousands, which are dropped one by one: that is no deafness."""
    ear, told = worker
    receivers: list[Any] = []
    for name in ("worker_ready", "task_prerun", "task_postrun", "task_revoked"):
        monkeypatch.setattr(hearing, name, SimpleNamespace(connect=lambda call, **_: None))
    monkeypatch.setattr(hearing, "task_revoked", SimpleNamespace(connect=lambda call, **_: receivers.append(call)))
    ear.listen()
    for second in range(20):
        monkeypatch.setattr(hearing.time, "monotonic", lambda second=second: QUIET + second)
        for call in receivers:
            call(request=None, terminated=False, signum=None, expired=True)
        ear.look(QUIET + second + 0.5)
    assert told == []


def test_where_that_does_not_help_the_process_ends(
    worker: tuple[Hearing, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ear, told = worker
    killed: list[int] = []
    monkeypatch.setattr(hearing.os, "kill", lambda _pid, number: killed.append(number))
    second = 0
    while not killed and second < 60:
        ear.look(QUIET + second)
        second += 1
    assert (len(told), killed) == (MOST_TRIES, [signal.SIGTERM])


def test_a_loop_that_stands_still_and_cannot_end_is_ended(
    worker: tuple[Hearing, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ear, _told = worker
    asked: list[int] = []
    ended: list[int] = []
    monkeypatch.setattr(hearing.os, "kill", lambda _pid, number: asked.append(number))
    monkeypatch.setattr(hearing.os, "_exit", ended.append)
    second = 0
    while not ended and second < 60:
        ear.look(QUIET + second)
        second += 1
    assert (asked, ended) == ([signal.SIGTERM] * MOST_REQUESTS, [1])
