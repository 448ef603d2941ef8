"""Which incident a new alert joins."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.logic.grouping import Group, NewAlert, OpenIncident, decide

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def alert(minutes: float) -> NewAlert:
    return NewAlert(minutes, at(minutes))


def placed(groups: list[Group[int]]) -> list[tuple[int | None, list[object]]]:
    return [(group.incident_id, [alert.key for alert in group.alerts]) for group in groups]


def test_a_young_incident_is_joined_and_an_old_one_is_not() -> None:
    incidents = [OpenIncident(7, at(0))]
    assert placed(decide([alert(4.9)], incidents, 5)) == [(7, [4.9])]
    assert placed(decide([alert(5)], incidents, 5)) == [(None, [5])]


def test_each_join_keeps_the_incident_young_for_the_next() -> None:
    assert placed(decide([alert(4), alert(8), alert(12)], [OpenIncident(7, at(0))], 5)) == [(7, [4, 8, 12])]


def test_a_batch_opens_one_incident_for_alerts_close_together() -> None:
    assert placed(decide([alert(0), alert(1), alert(9), alert(10)], [], 5)) == [(None, [0, 1]), (None, [9, 10])]


def test_zero_minutes_means_never() -> None:
    assert placed(decide([alert(0), alert(0)], [OpenIncident(7, at(0))], 0)) == [(None, [0]), (None, [0])]


def test_zero_minutes_means_never_also_for_an_alert_from_before() -> None:
    assert placed(decide([alert(-1)], [OpenIncident(7, at(0))], 0)) == [(None, [-1])]


def test_of_two_incidents_the_one_with_the_youngest_alert_is_joined() -> None:
    incidents = [OpenIncident(7, at(0)), OpenIncident(8, at(2)), OpenIncident(9, at(1))]
    assert placed(decide([alert(3)], incidents, 5)) == [(8, [3])]


def test_an_alert_received_before_the_latest_one_joins() -> None:
    assert placed(decide([alert(-2)], [OpenIncident(7, at(0))], 5)) == [(7, [-2])]


def test_a_storm_of_a_thousand_alerts_is_one_incident() -> None:
    groups = decide([alert(n / 100) for n in range(1000)], [], 5)
    assert [len(group.alerts) for group in groups] == [1000]


@settings(deadline=None)
@given(st.lists(st.integers(0, 60)), st.lists(st.integers(0, 60), max_size=3, unique=True), st.integers(0, 15))
def test_a_batch_is_placed_as_its_alerts_one_by_one(minutes: list[int], known: list[int], window: int) -> None:
    incidents = [OpenIncident(-1 - n, at(m)) for n, m in enumerate(known)]
    whole = {
        alert: group.incident_id
        for group in decide([alert(m) for m in minutes], incidents, window)
        for alert in group.alerts
    }

    current, opened = list(incidents), set[int]()
    for n, minute in enumerate(minutes):
        (group,) = decide([alert(minute)], current, window)
        incident_id = n if group.incident_id is None else group.incident_id
        if group.incident_id is None:
            opened.add(n)
        current = [known for known in current if known.id != incident_id] + [
            OpenIncident(incident_id, group.latest_alert_at)
        ]
        expected = None if incident_id in opened else incident_id
        # Equal instants are equal alerts here; which of several takes them is decided by the instant alone.
        if minutes.count(minute) == 1:
            assert whole[alert(minute)] == expected
    assert len(opened) == sum(
        group.incident_id is None for group in decide([alert(m) for m in minutes], incidents, window)
    )
