"""What hangs keeps only its own lane, and nobody who asks."""

import time
from collections.abc import Callable
from datetime import datetime
from threading import Event

from incidentops.watchdog.lanes import Lane
from tests.cast import NOW


def hanging(until: Event) -> Callable[[datetime], str]:
    def work(now: datetime) -> str:
        until.wait(30)
        return "late"

    return work


def test_the_result_comes_back_within_the_wait() -> None:
    assert Lane("quick", lambda now: now).ask(NOW, 5.0) == NOW


def test_work_that_hangs_costs_its_wait_once_and_is_not_begun_again() -> None:
    free = Event()
    lane = Lane("slow", hanging(free))
    began = time.monotonic()
    assert lane.ask(NOW, 0.2) is None
    first = lane.thread
    assert lane.ask(NOW, 20.0) is None
    assert time.monotonic() - began < 5
    assert lane.thread is first
    free.set()
    assert first is not None
    first.join(5)
    assert lane.ask(NOW, 5.0) == "late"


def test_work_that_raises_is_no_result() -> None:
    def broken(now: datetime) -> str:
        raise RuntimeError("no such luck")

    assert Lane("broken", broken).ask(NOW, 5.0) is None
