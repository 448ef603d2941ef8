"""Folding the events of one key: few changes that say the same as all events one by one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.logic.dedup import Acknowledge, Change, Incoming, Open, OpenAlert, Repeat, Resolve, by_key, fold

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Event:
    action: str
    values: dict[str, str] = field(default_factory=dict)
    dedup_key: str = "k"


def incoming(action: str, second: int = 0, rank: int = 3, **values: str) -> Incoming[Event]:
    return Incoming(Event(action, values), NOON + timedelta(seconds=second), rank)


def test_a_storm_on_one_key_is_one_new_alert() -> None:
    storm = [incoming("trigger", n, n=str(n)) for n in range(1000)]
    (change,) = fold(storm, None)
    assert isinstance(change, Open)
    assert change.first is storm[0]
    assert (change.count, change.values, change.last_seen_at) == (1000, {"n": "999"}, storm[-1].at)


def test_a_storm_on_an_open_alert_is_one_repeat() -> None:
    storm = [incoming("trigger", n, rank=3 - (n == 500)) for n in range(1000)]
    assert fold(storm, OpenAlert(3)) == [Repeat(1000, {}, storm[-1].at, rank=2, raised=True)]


def test_a_repeat_that_is_less_severe_raises_nothing() -> None:
    assert fold([incoming("trigger", rank=4)], OpenAlert(2)) == [Repeat(1, {}, NOON, rank=2, raised=False)]


def test_a_trigger_after_its_alert_resolved_is_a_new_alert() -> None:
    events = [incoming("trigger", 0), incoming("resolve", 1), incoming("trigger", 2), incoming("trigger", 3)]
    changes = fold(events, OpenAlert(3))
    assert [type(change) for change in changes] == [Repeat, Resolve, Open]
    assert isinstance(changes[2], Open)
    assert (changes[2].first, changes[2].count) == (events[2], 2)


def test_acknowledge_and_resolve_of_an_unknown_key_change_nothing() -> None:
    assert fold([incoming("acknowledge"), incoming("resolve"), incoming("resolve")], None) == []


def test_a_repeat_after_an_acknowledgement_stays_silent() -> None:
    events = [incoming("trigger"), incoming("acknowledge", 1), incoming("trigger", 2), incoming("acknowledge", 3)]
    opened, acknowledged = fold(events, None)
    assert isinstance(opened, Open)
    assert opened.count == 2
    assert acknowledged == Acknowledge(events[1])


def test_a_raise_stays_behind_the_acknowledgement_it_undoes() -> None:
    events = [
        incoming("trigger", 0, 3),
        incoming("acknowledge", 1),
        incoming("trigger", 2, 1),
        incoming("trigger", 3, 3),
    ]
    opened, acknowledged, repeat = fold(events, None)
    assert isinstance(opened, Open)
    assert (opened.count, opened.rank) == (1, 3)
    assert acknowledged == Acknowledge(events[1])
    assert repeat == Repeat(2, {}, events[3].at, rank=1, raised=True)


def test_an_acknowledgement_after_a_raise_counts_again() -> None:
    events = [incoming("acknowledge", 0), incoming("trigger", 1, 1), incoming("acknowledge", 2)]
    assert [type(change) for change in fold(events, OpenAlert(3))] == [Acknowledge, Repeat, Acknowledge]


def test_empty_values_leave_the_ones_there_are() -> None:
    (change,) = fold([incoming("trigger", 0, rate="7 %"), incoming("trigger", 1)], None)
    assert isinstance(change, Open)
    assert change.values == {"rate": "7 %"}


def test_keys_keep_their_order_and_do_not_mix() -> None:
    batch = [Incoming(Event("trigger", {"n": str(n)}, dedup_key="ab"[n % 2]), NOON, 3) for n in range(4)]
    assert [(key, [one.signal.values["n"] for one in ones]) for key, ones in by_key(batch).items()] == [
        ("a", ["0", "2"]),
        ("b", ["1", "3"]),
    ]


@dataclass
class Alert:
    """What the intake would have stored."""

    rank: int
    count: int
    values: dict[str, str]
    last_seen_at: datetime
    acknowledged: bool = False
    resolved_at: datetime | None = None
    raises_seen: int = 0


def apply(changes: Sequence[Change[Event]], alerts: list[Alert]) -> None:
    for change in changes:
        match change:
            case Open():
                alerts.append(Alert(change.rank, change.count, dict(change.values), change.last_seen_at))
            case Repeat():
                alert = alerts[-1]
                alert.count += change.count
                alert.values = dict(change.values) or alert.values
                alert.last_seen_at = max(alert.last_seen_at, change.last_seen_at)
                assert change.raised is (change.rank < alert.rank)
                alert.rank = change.rank
                if change.raised:
                    alert.acknowledged = False
            case Acknowledge():
                alerts[-1].acknowledged = True
            case Resolve():
                alerts[-1].resolved_at = change.resolved_at


def one_by_one(events: Sequence[Incoming[Event]], alerts: list[Alert]) -> None:
    """The same rules, written the plain way."""
    for event in events:
        alert = alerts[-1] if alerts and alerts[-1].resolved_at is None else None
        if event.signal.action == "trigger" and alert is None:
            alerts.append(Alert(event.rank, 1, dict(event.signal.values), event.at))
        elif event.signal.action == "trigger" and alert is not None:
            alert.count += 1
            alert.values = dict(event.signal.values) or alert.values
            alert.last_seen_at = max(alert.last_seen_at, event.at)
            if event.rank < alert.rank:
                alert.rank, alert.acknowledged = event.rank, False
        elif alert is not None and event.signal.action == "acknowledge":
            alert.acknowledged = True
        elif alert is not None:
            alert.resolved_at = event.at


events = st.lists(
    st.builds(
        incoming,
        st.sampled_from(["trigger", "trigger", "acknowledge", "resolve"]),
        st.integers(0, 9),
        st.integers(1, 4),
        v=st.sampled_from("xyz"),
    )
    | st.builds(incoming, st.just("trigger"), st.integers(0, 9), st.integers(1, 4)),
    max_size=25,
)


@settings(deadline=None)
@given(events, st.integers(1, 5), st.sampled_from([None, 1, 3]))
def test_folding_in_batches_of_any_size_says_the_same_as_one_by_one(
    events: list[Incoming[Event]], size: int, rank: int | None
) -> None:
    def begin() -> list[Alert]:
        return [] if rank is None else [Alert(rank, 1, {"v": "old"}, NOON)]

    expected = begin()
    one_by_one(events, expected)
    for step in (size, len(events) or 1):
        alerts = begin()
        for at in range(0, len(events), step):
            open_alert = OpenAlert(alerts[-1].rank) if alerts and alerts[-1].resolved_at is None else None
            apply(fold(events[at : at + step], open_alert), alerts)
        assert alerts == expected
