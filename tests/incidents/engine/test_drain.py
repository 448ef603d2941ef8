"""The drain goes on until nothing waits, but not for ever."""

import time
from datetime import datetime

import pytest

from incidents.engine import drain
from incidents.models import Alert, InboxItem, Integration
from tests.incidents import alerting
from tests.incidents.alerting import NOW, event, send
from tests.together import at_once

pytestmark = pytest.mark.django_db


def test_one_run_empties_the_inbox_over_several_batches() -> None:
    probe = alerting.sender(alerting.service())[0]
    for n in range(7):
        send(probe, *(event(f"{n}-{i}") for i in range(200)))
    assert drain.run(NOW) == 1400
    assert Alert.objects.count() == 1400
    assert not InboxItem.objects.filter(state="pending").exists()
    assert drain.run(NOW) == 0


def test_after_its_time_it_leaves_the_rest_to_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = alerting.sender(alerting.service())[0]
    for n in range(3):
        send(probe, *(event(f"{n}-{i}") for i in range(600)))
    monkeypatch.setattr(drain, "MAX_SECONDS", -1)
    assert drain.run(NOW) == 600
    assert drain.run(NOW) == 600


def test_one_thread_drains_one_sees_to_small_senders_and_each_looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[bool] = []

    def look(_now: datetime, _limit: int = 0, *, small_only: bool = False) -> int:
        looks.append(small_only)
        if looks.count(small_only) == 1:
            # A third thread finds both seats taken.
            assert at_once(lambda: drain.run(NOW)) == [0]
        return 0

    monkeypatch.setattr(drain.intake, "drain", look)
    monkeypatch.setattr(drain, "LONG_SECONDS", -1)
    assert drain.run(NOW) == 0
    # Both were asked again while they looked: the first by the second, the second by the third.
    assert looks == [False, True, True, False]
    assert drain.run(NOW) == 0
    assert looks.count(False) == 3


def test_beside_a_flood_a_small_sender_is_seen_to(probe: Integration, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = alerting.sender(alerting.service("Search"), name="Quiet")[0]
    for n in range(40):
        send(probe, event(f"f{n}"))
    send(quiet, event("lonely"))
    monkeypatch.setattr(drain, "_all", taken := drain._Seat(began=time.monotonic() - 1))
    with taken.lock:
        assert drain.run(NOW) == 1
    assert list(Alert.objects.values_list("integration", flat=True)) == [quiet.pk]


def test_small_batches_leave_the_process_to_others_and_big_ones_follow_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    signals = iter([500, 50, 49, 1, 0])
    third: list[int] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        third.extend(at_once(lambda: drain.run(NOW, rests=True)))  # is not done beside, but in the next batch

    clock = iter(n * 0.01 for n in range(10_000))
    monkeypatch.setattr(drain.intake, "drain", lambda *_given, **_options: next(signals, 0))
    monkeypatch.setattr(drain.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(drain.time, "sleep", sleep)
    assert drain.run(NOW, rests=True) == 600
    assert len(pauses) == 2
    assert all(0 < pause <= drain.MOST_REST_SECONDS for pause in pauses)
    assert third == [0, 0]


def test_while_a_batch_is_quick_nobody_drains_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[bool] = []

    def look(_now: datetime, _limit: int = 0, *, small_only: bool = False) -> int:
        looks.append(small_only)
        if len(looks) == 1:
            assert at_once(lambda: drain.run(NOW)) == [0]
        return 0

    monkeypatch.setattr(drain.intake, "drain", look)
    monkeypatch.setattr(drain, "LONG_SECONDS", 60)
    assert drain.run(NOW) == 0
    assert looks == [False, False], "asked meanwhile, it looks once more"


def test_a_slow_machines_batches_are_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[int] = []

    def look(_now: datetime, limit: int) -> int:
        limits.append(limit)
        return 1

    monkeypatch.setattr(drain.intake, "drain", look)
    pace = drain._Pace()
    monkeypatch.setattr(drain, "SLOW_SECONDS", -1.0)
    for _batch in range(6):
        pace.batch(NOW)
    monkeypatch.setattr(drain, "SLOW_SECONDS", 60.0)
    for _batch in range(5):
        pace.batch(NOW)
    assert limits == [500, 250, 125, 62, 50, 50, 50, 100, 200, 400, 500]


def test_what_comes_while_a_flood_is_drained_is_not_older_than_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its page would begin before it was received, and its second step come too early."""
    instants: list[datetime] = []
    clock = iter([100.0, 100.0, 100.0, 100.0, 103.0, 103.0, 103.0, 103.0])

    def look(now: datetime, _limit: int = 0, *, small_only: bool = False) -> int:
        instants.append(now)
        return 1 if len(instants) == 1 else 0

    monkeypatch.setattr(drain.intake, "drain", look)
    monkeypatch.setattr(drain.time, "monotonic", lambda: next(clock, 103.0))
    drain.run(NOW)
    assert instants[0] == NOW
    assert (instants[1] - NOW).total_seconds() == 3
