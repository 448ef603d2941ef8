"""A silenced alert is stored and opens nothing until its silence ends."""

import pytest

from incidents import intake
from incidents.models import Alert, Integration, Silence
from oncall.models import Page
from tests import cast
from tests.incidents import alerting
from tests.incidents.alerting import NOW, deliver, event, minutes, only_incident, send

pytestmark = pytest.mark.django_db


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
