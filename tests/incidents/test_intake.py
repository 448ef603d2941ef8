"""What an alert makes of incidents: it opens one, joins one, repeats, raises; words become levels."""

import pytest

from incidents import intake, lifecycle
from incidents.models import Alert, Incident, Integration, Severity, Silence
from oncall.models import Page
from oncall.paging import Actor
from tests.incidents import alerting
from tests.incidents.alerting import NOW, deliver, event, minutes, only_incident, send

pytestmark = pytest.mark.django_db


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


def test_route_gives_incidents_to_alerts_without_one(probe: Integration) -> None:
    Silence.objects.create(service=probe.service, starts_at=NOW, ends_at=NOW + minutes(30))
    deliver(probe, event("a"))
    intake.route(list(Alert.objects.all()), NOW + minutes(1))
    intake.route(list(Alert.objects.all()), NOW + minutes(1))
    assert only_incident().alert_count == 1
