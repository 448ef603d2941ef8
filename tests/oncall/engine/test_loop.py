"""Messages one by one, in threads: no provider waits for another."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError

from oncall.engine import loop
from oncall.engine.loop import delivering, lanes
from tests.cast import NOW
from tests.chaos.servers import until

FEW = range(lanes.PER_LANE)


class Hands:
    """A courier without a database that notes what is done when."""

    def __init__(self, send: Callable[[Any], Any] = lambda pk: "sent") -> None:
        self.log: list[tuple[str, Any]] = []
        self.send_one = send
        self.recorded: dict[Any, Any] = {}
        self.record_errors: list[Exception] = []
        self.refused: set[Any] = set()
        self.unclaimable: dict[Any, Exception] = {}
        self.aside: list[Any] = []

    def courier(self) -> loop.Courier:
        return loop.Courier(self.claim, self.send, self.record, self.set_aside)

    def claim(self, pk: Any, now: datetime) -> Any:
        self.log.append(("claim", pk))
        if pk in self.unclaimable:
            raise self.unclaimable[pk]
        return None if pk in self.refused else pk

    def set_aside(self, pk: Any, error: Exception, now: datetime) -> None:
        self.aside.append(pk)

    def send(self, row: Any) -> Any:
        self.log.append(("send", row))
        return self.send_one(row)

    def record(self, row: Any, result: Any, now: datetime) -> None:
        if self.record_errors:
            raise self.record_errors.pop()
        self.log.append(("record", row))
        self.recorded[row] = result


@pytest.mark.django_db
class TestDeliverInline:
    def test_each_is_claimed_right_before_it_is_sent(self) -> None:
        hands = Hands()
        assert loop.deliver([(1, "a"), (2, "b")], hands.courier(), NOW) == 2
        assert hands.log == [(word, pk) for pk in (1, 2) for word in ("claim", "send", "record")]

    def test_what_somebody_else_took_is_not_sent(self) -> None:
        hands = Hands()
        hands.refused = {1}
        assert loop.deliver([(1, "a"), (2, "a")], hands.courier(), NOW) == 1
        assert ("send", 1) not in hands.log

    def test_what_cannot_be_claimed_is_set_aside_unless_the_database_is_at_fault(self) -> None:
        hands = Hands()
        hands.unclaimable = {1: ValueError("poison"), 2: OperationalError("deadlock")}
        assert loop.deliver([(1, "a"), (2, "a"), (3, "a")], hands.courier(), NOW) == 1
        assert hands.aside == [1]
        assert list(hands.recorded) == [3]

    def test_a_send_that_raises_is_recorded_as_such_and_stops_nobody(self) -> None:
        def send(pk: int) -> str:
            if pk == 1:
                raise RuntimeError
            return "sent"

        hands = Hands(send)
        loop.deliver([(1, "a"), (2, "a")], hands.courier(), NOW)
        assert hands.recorded == {1: None, 2: "sent"}

    def test_a_record_that_raises_leaves_the_message_to_its_lease(self) -> None:
        hands = Hands()
        hands.record_errors = [RuntimeError()]
        assert loop.deliver([(1, "a"), (2, "a")], hands.courier(), NOW) == 1
        assert hands.recorded == {2: "sent"}


class TestDeliverThreads:
    @pytest.fixture(autouse=True)
    def fresh(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(delivering, "_in_memory", lambda: False)
        monkeypatch.setattr(delivering, "_board", delivering._Board())
        monkeypatch.setattr(lanes, "SLOW_SECONDS", 60.0)
        monkeypatch.setattr(lanes, "ASK_SECONDS", 60.0)

    def test_a_slow_provider_does_not_hold_up_the_others(self) -> None:
        free = threading.Event()
        hands = Hands(lambda pk: free.wait(60) if pk < 100 else "sent")
        due = [(pk, "slow") for pk in range(20)] + [(pk, "quick") for pk in range(100, 120)]
        started = time.monotonic()
        assert loop.deliver(due, hands.courier(), NOW, patience=2) == 20
        assert time.monotonic() - started < 30
        assert {pk for word, pk in hands.log if word == "send" and pk < 100} == set(FEW)
        free.set()
        loop.finish(60)
        assert set(hands.recorded) == {*FEW, *range(100, 120)}

    def test_the_few_under_way_keep_their_lane_full_for_the_next_call(self) -> None:
        free = threading.Event()
        hands = Hands(lambda pk: free.wait(60))
        loop.deliver([(pk, "stuck") for pk in range(8)], hands.courier(), NOW, patience=0.3)
        loop.deliver([(pk, "stuck") for pk in range(8)], hands.courier(), NOW, patience=0.1)
        assert sorted(pk for word, pk in hands.log if word == "claim") == list(FEW)
        free.set()
        loop.finish(60)

    def test_a_provider_that_hangs_is_tried_by_others_and_found_well_at_once(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Those that it holds, and will hold until their timeout, keep none of the rest."""
        monkeypatch.setattr(lanes, "SLOW_SECONDS", 0.05)
        free = threading.Event()
        hands = Hands(lambda pk: free.wait(60) if pk in FEW else "sent")
        assert loop.deliver([(pk, "moody") for pk in range(30)], hands.courier(), NOW, patience=2) == 30 - len(FEW)
        free.set()
        loop.finish(60)
        assert set(hands.recorded) == set(range(30))

    def test_a_dead_provider_holds_so_many_at_most_and_no_database_connections(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lanes, "SLOW_SECONDS", 0.01)
        closed: list[str] = []
        monkeypatch.setattr(
            delivering, "connections", SimpleNamespace(close_all=lambda: closed.append(threading.current_thread().name))
        )
        free = threading.Event()
        hands = Hands(lambda pk: free.wait(60))
        loop.deliver([(pk, "dead") for pk in range(100)], hands.courier(), NOW, patience=1)
        sent = [pk for word, pk in hands.log if word == "send"]
        assert sorted(sent) == list(range(lanes.MOST_OF_A_LANE))
        assert len(closed) == len(sent) - lanes.PER_LANE
        free.set()
        loop.finish(60)

    def test_a_provider_that_holds_as_many_as_it_may_is_asked_again_and_found_well(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Not only when the timeout of those is over."""
        monkeypatch.setattr(lanes, "SLOW_SECONDS", 0.01)
        held, free = set(range(lanes.MOST_OF_A_LANE)), threading.Event()
        hands = Hands(lambda pk: free.wait(60) if pk in held else "sent")
        closed: list[int] = []
        monkeypatch.setattr(delivering, "connections", SimpleNamespace(close_all=lambda: closed.append(1)))
        due = [(pk, "moody") for pk in range(60)]
        loop.deliver(due, hands.courier(), NOW, patience=1)
        assert {pk for word, pk in hands.log if word == "send"} == held
        monkeypatch.setattr(lanes, "ASK_SECONDS", 0.1)
        monkeypatch.setattr(lanes, "SLOW_SECONDS", 1.0)
        loop.deliver(due, hands.courier(), NOW, patience=5)
        assert set(hands.recorded) == set(range(60)) - held
        assert len(closed) < 30, "once it answers, its messages keep their connections to the database"
        free.set()
        loop.finish(60)
        assert set(hands.recorded) == set(range(60))

    def test_calls_share_one_list_and_none_waits_for_another(self) -> None:
        """A call that is not to wait returns at once; what it left goes on, and a later call's list takes its place."""
        free = threading.Event()
        hands = Hands(lambda pk: free.wait(60) if pk < 10 else "sent")
        loop.deliver([(pk, "slow") for pk in range(10)], hands.courier(), NOW, patience=None)
        loop.deliver([(pk, "slow") for pk in range(10)], hands.courier(), NOW, patience=None)
        until(lambda: {("send", pk) for pk in FEW} <= set(hands.log), 30, "a lane's few are under way")
        loop.deliver([(0, "slow"), (10, "quick")], hands.courier(), NOW, patience=None)
        until(lambda: 10 in hands.recorded, 30, "the later call's message is sent")
        free.set()
        loop.finish(60)
        assert sorted(pk for word, pk in hands.log if word == "claim") == [*FEW, 10]

    def test_a_worker_keeps_its_thread_for_the_next_message(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """And with it its connection to the database; once it ends, no thread keeps it."""
        monkeypatch.setattr(delivering, "LINGER_SECONDS", 300.0)
        threads: list[int] = []
        hands = Hands(lambda pk: threads.append(threading.get_ident()))
        for pk in range(3):
            loop.deliver([(pk, "a")], hands.courier(), NOW, patience=None)
            until(lambda pk=pk: delivering._board.done == pk + 1, 30, "it is sent")
        assert len(set(threads)) == 1 and delivering._board.threads == 1
        loop.finish(60)
        until(lambda: delivering._board.threads == 0, 30, "nobody waits")

    def test_a_backlog_goes_on_without_another_call(self) -> None:
        """The beat may be dead, and the broker frozen."""
        hands, rest = Hands(), [[(2, "a"), (3, "b")], [(4, "a")], []]
        loop.deliver([(1, "a")], hands.courier(), NOW, patience=None, more=lambda now: rest.pop(0))
        until(lambda: not rest and len(hands.recorded) == 4, 30, "all is sent")
        loop.finish(60)
        assert sorted(hands.recorded) == [1, 2, 3, 4]

    @pytest.mark.parametrize("refused", [{1}, set()], ids=["nothing came of it", "it cannot be listed"])
    def test_what_fails_is_left_to_the_next_call(self, refused: set[int]) -> None:
        hands, asked = Hands(), []
        hands.refused = refused

        def more(now: datetime) -> list[tuple[int, str]]:
            asked.append(now)
            raise OperationalError

        loop.deliver([(1, "a")], hands.courier(), NOW, patience=None, more=more)
        until(lambda: ("claim", 1) in hands.log and len(asked) == (not refused), 30, "it was tried")
        loop.finish(60)
        until(lambda: delivering._board.threads == 0, 30, "the threads are done")
        assert len(asked) == (0 if refused else 1)

    def test_a_database_that_is_away_ends_it_until_the_next_call(self, monkeypatch: pytest.MonkeyPatch) -> None:
        gone = SimpleNamespace(in_atomic_block=False, is_usable=lambda: False, vendor="postgresql")
        monkeypatch.setattr(delivering, "connection", gone)
        hands = Hands()
        hands.unclaimable = {pk: OperationalError("gone") for pk in FEW}
        assert loop.deliver([(pk, "a") for pk in range(50)], hands.courier(), NOW) == 0
        assert {pk for word, pk in hands.log if word == "claim"} <= set(FEW)
        assert loop.deliver([(pk, "a") for pk in range(4, 50)], hands.courier(), NOW) == 46

    def test_the_most_urgent_are_taken_first(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lanes, "PER_LANE", 1)
        hands = Hands()
        loop.deliver([(pk, "a") for pk in range(50)], hands.courier(), NOW)
        assert [pk for word, pk in hands.log if word == "claim"] == list(range(50))

    def test_every_message_is_claimed_once(self) -> None:
        hands = Hands()
        due = [(pk, f"lane{pk % 7}") for pk in range(300)]
        assert loop.deliver(due, hands.courier(), NOW) == 300
        assert sorted(pk for word, pk in hands.log if word == "claim") == list(range(300))
