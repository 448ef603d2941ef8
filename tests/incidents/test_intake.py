"""What alerts make of incidents: joining, raising, acknowledging, ending; storms, races, rows that break."""

import threading
import time
from datetime import datetime

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from incidents import intake, lifecycle
from incidents.intake import batches, claims
from incidents.models import Alert, InboxItem, Incident, Integration, Severity, Silence, TimelineEntry
from oncall.models import Page
from oncall.paging import Actor
from tests import cast
from tests.incidents import alerting
from tests.incidents.alerting import NOW, deliver, event, minutes, only_incident, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def probe() -> Integration:
    return alerting.sender(alerting.service())[0]


def test_a_trigger_opens_an_incident_that_pages_as_of_its_receipt(probe: Integration) -> None:
    send(probe, event(labels={"host": "db1"}, started_at=NOW - minutes(9)), at=NOW)
    intake.drain(NOW + minutes(3))
    incident, alert = only_incident(), Alert.objects.get()
    assert (incident.title, incident.severity.level, incident.state) == ("disk is broken", "SEV-1", "triggered")
    assert (incident.opened_at, incident.started_at, incident.detected_at) == (NOW, NOW - minutes(9), NOW)
    assert (incident.alert_count, incident.latest_alert_at) == (1, NOW)
    assert alert.incident == incident and alert.labels == {"host": "db1"}
    page = Page.objects.get(subject=incident.subject)
    assert page.opened_at == NOW
    entry = incident.timeline.get(kind="opened")
    assert (entry.actor_name, entry.source) == ("Probe", "sender")


def test_repeats_keep_the_title_and_update_count_values_and_last_seen(probe: Integration) -> None:
    deliver(probe, event(values={"rate": "5"}))
    deliver(probe, event(title="other words", values={"rate": "9"}), event(title="again"), at=NOW + minutes(1))
    alert = Alert.objects.get()
    assert (alert.title, alert.count, alert.values) == ("disk is broken", 3, {"rate": "9"})
    assert (alert.first_seen_at, alert.last_seen_at) == (NOW, NOW + minutes(1))
    assert only_incident().alert_count == 1


def test_another_key_joins_while_the_incident_is_young_and_then_no_more(probe: Integration) -> None:
    deliver(probe, event("a"))
    deliver(probe, event("b"), at=NOW + minutes(4))
    deliver(probe, event("c"), at=NOW + minutes(8))
    assert only_incident().alert_count == 3
    assert only_incident().latest_alert_at == NOW + minutes(8)
    deliver(probe, event("d"), at=NOW + minutes(13))
    assert Incident.objects.count() == 2


def test_grouping_of_zero_minutes_opens_one_incident_per_alert(probe: Integration) -> None:
    probe.service.grouping_minutes = 0
    probe.service.save()
    deliver(probe, event("a"), event("b"))
    assert Incident.objects.count() == 2


def test_two_integrations_of_a_service_share_the_incident_but_not_the_key(probe: Integration) -> None:
    other = alerting.sender(probe.service, name="Other")[0]
    send(probe, event("same"))
    deliver(other, event("same"))
    assert Alert.objects.count() == 2
    assert only_incident().alert_count == 2


def test_an_acknowledged_incident_is_joined_too(probe: Integration) -> None:
    deliver(probe, event("a"))
    lifecycle.acknowledge(only_incident(), Actor(None, "engine", "engine"), NOW)
    deliver(probe, event("b"), at=NOW + minutes(1))
    assert (only_incident().alert_count, only_incident().state) == (2, "acknowledged")


def test_words_become_levels_by_the_integrations_map_else_the_usual_four_else_the_default(probe: Integration) -> None:
    probe.service.default_severity = Severity.objects.get(level="SEV-4")
    probe.service.grouping_minutes = 0
    probe.service.save()
    words = {"a": "critical", "b": "error", "c": "warning", "d": "info", "e": "page", "f": ""}
    deliver(probe, *(event(key, word) for key, word in words.items()))
    levels = dict(Alert.objects.values_list("dedup_key", "severity__level"))
    assert levels == {"a": "SEV-1", "b": "SEV-2", "c": "SEV-3", "d": "SEV-4", "e": "SEV-4", "f": "SEV-4"}
    probe.severity_map = {"page": "SEV-2"}
    probe.save()
    deliver(probe, event("g", "page"), event("h", "critical"), at=NOW + minutes(1))
    assert Alert.objects.get(dedup_key="g").severity.level == "SEV-2"
    assert Alert.objects.get(dedup_key="h").severity.level == "SEV-4"


def test_a_more_severe_alert_raises_the_incident_and_pages_again(probe: Integration) -> None:
    deliver(probe, event("a", "error"))
    lifecycle.acknowledge(only_incident(), Actor(None, "engine", "engine"), NOW)
    deliver(probe, event("b", "critical"), at=NOW + minutes(1))
    incident = only_incident()
    assert (incident.severity.level, incident.state) == ("SEV-1", "triggered")
    change = incident.severity_changes.order_by("-at", "-pk")[0]
    assert change.reason == "alert: b is broken"
    states = list(Page.objects.filter(subject=incident.subject).order_by("pk").values_list("state", "severity_label"))
    assert states == [("ended", "SEV-2"), ("open", "SEV-1")]


def test_a_repeat_that_is_more_severe_raises_too_and_a_milder_one_changes_nothing(probe: Integration) -> None:
    deliver(probe, event("a", "error"))
    deliver(probe, event("a", "info"), at=NOW + minutes(1))
    assert only_incident().severity.level == "SEV-2"
    deliver(probe, event("a", "critical"), at=NOW + minutes(2))
    assert only_incident().severity.level == "SEV-1"
    assert Alert.objects.get().severity.level == "SEV-1"


def test_a_senders_acknowledge_takes_the_incident_and_leaves_the_alert_open(probe: Integration) -> None:
    deliver(probe, event("a"))
    deliver(probe, event("a", action="acknowledge"), at=NOW + minutes(1))
    incident = only_incident()
    assert (incident.state, incident.acknowledged_by) == ("acknowledged", None)
    assert incident.timeline.get(kind="acknowledged").actor_name == "Probe"
    assert Alert.objects.get().resolved_at is None
    deliver(probe, event("a"), at=NOW + minutes(2))
    assert only_incident().state == "acknowledged"
    assert not Page.objects.filter(state="open").exists()


def test_trigger_acknowledge_and_a_raise_in_one_body_end_triggered(probe: Integration) -> None:
    deliver(probe, event("a", "error"), event("a", action="acknowledge"), event("a", "critical"))
    assert (only_incident().state, only_incident().severity.level) == ("triggered", "SEV-1")


def test_a_raise_and_then_an_acknowledge_in_one_body_end_acknowledged(probe: Integration) -> None:
    deliver(probe, event("a", "error"))
    deliver(probe, event("a", "critical"), event("a", action="acknowledge"), event("a", "critical"))
    assert (only_incident().state, only_incident().severity.level) == ("acknowledged", "SEV-1")


def test_acknowledge_or_resolve_of_an_unknown_key_changes_nothing(probe: Integration) -> None:
    deliver(probe, event("x", action="acknowledge"), event("y", action="resolve"))
    assert not Alert.objects.exists() and not Incident.objects.exists()
    assert InboxItem.objects.get().state == "done"


def test_the_last_open_alert_resolves_the_incident(probe: Integration) -> None:
    deliver(probe, event("a"), event("b"))
    deliver(probe, event("a", action="resolve"), at=NOW + minutes(1))
    assert only_incident().state == "triggered"
    assert only_incident().timeline.get(kind="alert").text == "Alert resolved: a is broken"
    deliver(probe, event("b", action="resolve"), at=NOW + minutes(2))
    incident = only_incident()
    assert (incident.state, incident.resolved_at) == ("resolved", NOW + minutes(2))
    assert incident.timeline.get(kind="resolved").actor_name == "Probe"
    assert list(Page.objects.values_list("state", flat=True)) == ["resolved"]


def test_without_auto_resolve_people_decide(probe: Integration) -> None:
    probe.service.auto_resolve = False
    probe.service.save()
    deliver(probe, event("a"))
    deliver(probe, event("a", action="resolve"), at=NOW + minutes(1))
    assert Alert.objects.get().resolved_at == NOW + minutes(1)
    assert only_incident().state == "triggered"


def test_trigger_and_resolve_in_one_body_leave_a_resolved_incident_behind(probe: Integration) -> None:
    deliver(probe, event("a"), event("a", action="resolve"), event("a"), event("a", action="resolve"))
    assert Alert.objects.count() == 2
    assert only_incident().state == "resolved"


def test_a_trigger_after_its_incident_was_resolved_opens_one_linked_to_it(probe: Integration) -> None:
    deliver(probe, event("a"))
    first = only_incident()
    lifecycle.resolve(first, Actor(None, "engine", "engine"), NOW + minutes(1))
    deliver(probe, event("a"), at=NOW + minutes(2))
    second = Incident.objects.exclude(pk=first.pk).get()
    assert (second.state, second.previous) == ("triggered", first)
    assert Alert.objects.filter(dedup_key="a").count() == 2


def test_a_trigger_after_its_alert_resolved_joins_the_open_incident_like_any_other(probe: Integration) -> None:
    deliver(probe, event("a"), event("b"))
    deliver(probe, event("a", action="resolve"), at=NOW + minutes(1))
    deliver(probe, event("a"), at=NOW + minutes(2))
    assert only_incident().alert_count == 3
    assert only_incident().previous is None


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
    assert intake.drain(NOW, limit=500) == 2


def test_big_backlogs_share_what_small_ones_leave(probe: Integration) -> None:
    other = alerting.sender(alerting.service("Search"), name="Other")[0]
    for n in range(40):
        send(probe, event(f"a{n}"))
        send(other, event(f"b{n}"))
    small = alerting.sender(probe.service, name="Small")[0]
    send(small, event("s"))
    with transaction.atomic():
        claimed = claims.claim(claims.waiting(NOW), NOW, 31)
    counts = {pk: sum(item.integration_id == pk for item in claimed.items) for pk in claimed.integrations}
    assert counts == {probe.pk: 15, other.pk: 15, small.pk: 1}


# -- rows that break ---------------------------------------------------------------------------------------------------
@pytest.fixture
def poison(probe: Integration) -> InboxItem:
    item = send(probe, event("bad"))
    InboxItem.objects.filter(pk=item.pk).update(signals=[{"action": "explode"}])
    return item


def test_a_row_that_breaks_is_set_aside_and_blocks_nobody(probe: Integration, poison: InboxItem) -> None:
    send(probe, event("before"), event("b2"))
    send(probe, event("after"))
    intake.drain(NOW)
    assert set(Alert.objects.values_list("dedup_key", flat=True)) == {"before", "b2", "after"}
    poison.refresh_from_db()
    assert (poison.state, poison.tries) == ("pending", 1)
    for wait in (1, 2):
        intake.drain(NOW + minutes(wait))
    poison.refresh_from_db()
    assert (poison.state, poison.tries) == ("aside", 3)
    assert "ValueError" in poison.error or "KeyError" in poison.error
    assert intake.drain(NOW + minutes(60)) == 0


def test_between_tries_a_broken_row_waits(poison: InboxItem) -> None:
    intake.drain(NOW)
    assert intake.drain(NOW) == 0


def test_retry_puts_a_row_back(poison: InboxItem) -> None:
    for wait in range(3):
        intake.drain(NOW + minutes(wait))
    InboxItem.objects.filter(pk=poison.pk).update(signals=[event("mended").to_json()])
    intake.retry(poison, NOW + minutes(9))
    assert poison.state == "pending"
    intake.drain(NOW + minutes(9))
    assert Alert.objects.get().dedup_key == "mended"
    intake.retry(poison, NOW + minutes(9))
    poison.refresh_from_db()
    assert poison.state == "done"


def test_a_database_error_is_tried_again_for_ever_and_never_set_aside(
    probe: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = send(probe, event("a"))

    def deadlock(*_: object) -> None:
        raise OperationalError("deadlock detected")

    with monkeypatch.context() as patch:
        patch.setattr(batches, "fold", deadlock)
        for wait in range(6):
            intake.drain(NOW + minutes(10 * wait))
    item.refresh_from_db()
    assert (item.state, item.tries) == ("pending", 0)
    assert "deadlock" in item.error
    intake.drain(NOW + minutes(90))
    item.refresh_from_db()
    assert (item.state, item.error) == ("done", "")
    assert only_incident().opened_at == NOW


def test_a_failing_batch_leaves_nothing_half_done(probe: Integration, monkeypatch: pytest.MonkeyPatch) -> None:
    send(probe, event("a"))

    def broken(*_: object) -> None:
        raise RuntimeError("after the alerts were written")

    monkeypatch.setattr(batches.counters, "count", broken)
    intake.drain(NOW)
    assert not Alert.objects.exists() and not Incident.objects.exists() and not Page.objects.exists()


# -- silences ----------------------------------------------------------------------------------------------------------
def test_a_silenced_alert_is_stored_and_opens_nothing(probe: Integration) -> None:
    Silence.objects.create(matchers='host="db1"', starts_at=NOW - minutes(5), ends_at=NOW + minutes(30))
    deliver(probe, event("a", labels={"host": "db1"}), event("b", labels={"host": "db2"}))
    assert Alert.objects.get(dedup_key="a").silenced_until_at == NOW + minutes(30)
    assert Alert.objects.get(dedup_key="a").incident is None
    assert only_incident().alert_count == 1


def test_a_silence_of_a_service_without_matchers_holds_for_that_service_only(probe: Integration) -> None:
    other = alerting.sender(alerting.service("Search"), name="Other")[0]
    Silence.objects.create(service=probe.service, starts_at=NOW, ends_at=NOW + minutes(30))
    send(probe, event("a"))
    deliver(other, event("b"))
    assert only_incident().service == other.service


def test_a_silence_ended_early_lets_its_alerts_go(probe: Integration) -> None:
    silence = Silence.objects.create(matchers='title=~".*broken"', starts_at=NOW, ends_at=NOW + minutes(30))
    deliver(probe, event("a"))
    silence.ends_at = NOW + minutes(10)
    silence.save()
    assert intake.silence_changed(silence, NOW + minutes(1)) == 0
    assert Alert.objects.get().silenced_until_at == NOW + minutes(10)
    silence.delete()
    assert intake.silence_changed(silence, NOW + minutes(2)) == 1
    assert Alert.objects.get().incident == only_incident()
    assert Page.objects.get().opened_at == NOW + minutes(2)


def test_a_silence_moved_to_another_service_lets_the_firsts_alerts_go(probe: Integration) -> None:
    silence = Silence.objects.create(service=probe.service, starts_at=NOW, ends_at=NOW + minutes(30))
    deliver(probe, event("a"))
    silence.service = cast.service("Search")
    silence.save()
    assert intake.silence_changed(silence, NOW + minutes(1)) == 1
    assert only_incident().service == probe.service


def test_route_gives_incidents_to_alerts_without_one(probe: Integration) -> None:
    Silence.objects.create(service=probe.service, starts_at=NOW, ends_at=NOW + minutes(30))
    deliver(probe, event("a"))
    intake.route(list(Alert.objects.all()), NOW + minutes(1))
    intake.route(list(Alert.objects.all()), NOW + minutes(1))
    assert only_incident().alert_count == 1


def drain_as_the_beat(now: datetime) -> None:
    """Again and again; SQLite in memory says "locked" at once where a file would wait."""
    for _ in range(2000):
        try:
            if not intake.drain(now, limit=5):
                return
        except OperationalError:
            time.sleep(0.001)


# -- two at once -------------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_two_drains_racing_in_one_grouping_window_open_one_incident() -> None:
    service = alerting.service()
    senders = [alerting.sender(service, name=f"Probe {n}")[0] for n in range(4)]
    for integration in senders:
        for n in range(5):
            send(integration, event(f"k{n}"))
    gate = threading.Barrier(2)
    faults: list[BaseException] = []

    def work(now: datetime) -> None:
        try:
            gate.wait(10)
            drain_as_the_beat(now)
        except BaseException as fault:
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(NOW,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    while intake.drain(NOW):
        pass
    assert faults == []
    assert only_incident().alert_count == 20
    assert Alert.objects.aggregate(events=Sum("count"))["events"] == 20
    assert Page.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_was_accepted_is_committed(probe: Integration) -> None:
    assert not connection.in_atomic_block
    send(probe, event("a"))
    seen: list[int] = []

    def look() -> None:
        seen.append(InboxItem.objects.count())
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join(10)
    assert seen == [1] or connection.vendor == "sqlite"


@pytest.mark.django_db(transaction=True)
def test_accepting_for_a_deleted_integration_is_refused_not_lost_in_silence() -> None:
    with pytest.raises(intake.UnknownIntegration):
        intake.accept(987654, [event("a")], NOW)
    assert not InboxItem.objects.exists()
