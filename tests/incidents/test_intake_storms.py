"""A storm is one incident, costs a bounded number of statements, and delays no other sender."""

from collections import Counter

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from incidents import intake
from incidents.intake import claims
from incidents.models import Alert, InboxItem, Incident, Integration, TimelineEntry
from oncall.models import Page
from tests.incidents import alerting
from tests.incidents.alerting import NOW, deliver, event, minutes, only_incident, send

pytestmark = pytest.mark.django_db


def test_a_storm_on_one_key_is_one_alert_in_one_incident(probe: Integration) -> None:
    for _ in range(10):
        send(probe, *(event("a") for _ in range(100)))
    while intake.drain(NOW):
        pass
    assert Alert.objects.get().count == 1000
    assert only_incident().alert_count == 1
    assert Page.objects.count() == 1
    assert TimelineEntry.objects.filter(kind="alert").count() == 0


def test_a_storm_of_keys_is_one_incident_and_one_line_per_batch(probe: Integration) -> None:
    deliver(probe, event("first"))
    deliver(probe, *(event(f"k{n}") for n in range(216)), at=NOW + minutes(1))
    assert only_incident().alert_count == 217
    assert Page.objects.count() == 1
    assert only_incident().timeline.get(kind="alert").text.startswith("216 alerts joined")


def test_statements_do_not_grow_with_the_size_of_a_storm(probe: Integration) -> None:
    deliver(probe, event("first"))

    def statements(count: int) -> int:
        send(probe, *(event(f"{count}-{n}") for n in range(count)), at=NOW + minutes(1))
        with CaptureQueriesContext(connection) as captured:
            intake.drain(NOW + minutes(1))
        # SQLite takes few rows in one INSERT: those are counted apart.
        return sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE", "INSERT")) for query in captured)

    few, more = statements(20), statements(400)
    assert more <= few
    assert few < 50


def test_beyond_its_limit_a_senders_alerts_are_kept_and_grouped(probe: Integration) -> None:
    probe.limit_per_minute = 3
    probe.save()
    probe.service.grouping_minutes = 0
    probe.service.save()
    deliver(probe, event("a"), event("b"))
    assert Incident.objects.count() == 2
    deliver(probe, *(event(f"k{n}") for n in range(5)), at=NOW + minutes(0.5))
    assert Incident.objects.count() == 2
    assert Alert.objects.filter(incident=None).count() == 0


def test_the_integration_counts_what_came_and_when(probe: Integration) -> None:
    send(probe, event("a"), event("b"))
    deliver(probe, event("a"), at=NOW + minutes(1))
    probe.refresh_from_db()
    assert (probe.received_count, probe.last_seen_at) == (3, NOW + minutes(1))


# -- whose turn it is --------------------------------------------------------------------------------------------------
def test_a_flood_on_one_key_does_not_delay_another_senders_page(probe: Integration) -> None:
    for n in range(60):
        send(probe, *(event(f"f{n}-{i}") for i in range(50)))
    quiet = alerting.sender(alerting.service("Search"), name="Quiet")[0]
    send(quiet, event("lonely"))
    intake.drain(NOW)
    assert Alert.objects.filter(integration=quiet).exists()
    assert InboxItem.objects.filter(state="pending").count() >= 45


def test_a_batch_is_bounded_by_signals_not_only_by_rows(probe: Integration) -> None:
    for n in range(5):
        send(probe, *(event(f"f{n}-{i}") for i in range(300)))
    assert intake.drain(NOW, limit=500) == 600
    assert InboxItem.objects.filter(state="pending").count() == 3


def flooding(probe: Integration, count: int) -> list[Integration]:
    """So many senders with forty rows each."""
    floods = [probe, *(alerting.sender(alerting.service(f"Flooded {n}"), name="Flood")[0] for n in range(1, count))]
    for n in range(40):
        for flood in floods:
            send(flood, event(f"f{n}"))
    return floods


def claimed() -> dict[int, int]:
    """How many rows of which sender a drain takes, limited to 41."""
    with transaction.atomic():
        items = claims.claim(claims.waiting(NOW), NOW, 41).items
    return dict(Counter(item.integration_id for item in items))


def test_big_backlogs_share_what_small_ones_leave(probe: Integration) -> None:
    floods = flooding(probe, 4)
    small = alerting.sender(probe.service, name="Small")[0]
    send(small, event("s"))
    served: set[int] = set()
    for _drain in range(50):
        counts = claimed()
        assert counts.pop(small.pk) == 1
        assert sorted(counts.values()) == [20, 20]
        served |= set(counts)
    assert served == {flood.pk for flood in floods}


def test_a_drain_leaves_other_floods_to_the_one_beside_it(probe: Integration, monkeypatch: pytest.MonkeyPatch) -> None:
    floods = flooding(probe, 4)
    first = claimed()
    lock = claims.lock
    monkeypatch.setattr(claims, "lock", lambda pks: lock(pk for pk in pks if pk not in first))
    second = claimed()
    assert len(first) == len(second) == 2
    assert {*first, *second} == {flood.pk for flood in floods}
