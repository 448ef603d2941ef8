"""A ping that does not come opens an alert; a ping closes it."""

from datetime import datetime

import pytest

from incidents import intake, integrations
from incidents.adapters import heartbeat
from incidents.adapters.signal import Options
from incidents.engine import heartbeats
from incidents.models import Alert, InboxItem, Incident, Integration
from tests.incidents import alerting
from tests.incidents.alerting import NOW, minutes

pytestmark = pytest.mark.django_db


@pytest.fixture
def beat() -> Integration:
    return alerting.sender(alerting.service("Backup"), "heartbeat", "Nightly", every_minutes=10)[0]


def ping(integration: Integration, at: datetime) -> None:
    alerting.send(integration, *heartbeat.parse(None, Options(), str).signals, at=at)


def test_the_clock_starts_with_the_first_ping(beat: Integration) -> None:
    assert heartbeats.run(NOW + minutes(60)) == 0
    ping(beat, NOW)
    intake.drain(NOW + minutes(2))
    beat.refresh_from_db()
    assert beat.heartbeat_due_at == NOW + minutes(10)


def test_a_missing_ping_opens_one_incident_of_the_services_default_severity(beat: Integration) -> None:
    ping(beat, NOW)
    intake.drain(NOW)
    assert heartbeats.run(NOW + minutes(9.9)) == 0
    assert heartbeats.run(NOW + minutes(10)) == 1
    assert heartbeats.run(NOW + minutes(11)) == 0
    intake.drain(NOW + minutes(11))
    incident = Incident.objects.get()
    assert (incident.severity.level, incident.opened_at) == ("SEV-3", NOW + minutes(10))
    assert incident.title == "Nightly: no ping for 10 min"
    assert Alert.objects.get().started_at == NOW + minutes(10)
    beat.refresh_from_db()
    assert (beat.received_count, beat.last_seen_at) == (1, NOW)
    assert heartbeats.run(NOW + minutes(60)) == 0


def test_the_next_ping_ends_it_and_starts_the_clock_again(beat: Integration) -> None:
    ping(beat, NOW)
    intake.drain(NOW)
    heartbeats.run(NOW + minutes(10))
    intake.drain(NOW + minutes(10))
    ping(beat, NOW + minutes(12))
    intake.drain(NOW + minutes(12))
    assert Incident.objects.get().state == "resolved"
    beat.refresh_from_db()
    assert beat.heartbeat_due_at == NOW + minutes(22)


def test_a_ping_that_still_waits_in_the_inbox_counts(beat: Integration) -> None:
    ping(beat, NOW)
    intake.drain(NOW)
    ping(beat, NOW + minutes(9))
    assert heartbeats.run(NOW + minutes(11)) == 0
    intake.drain(NOW + minutes(11))
    assert heartbeats.run(NOW + minutes(11)) == 0
    assert not Alert.objects.exists()


def test_a_switched_off_heartbeat_is_not_missed(beat: Integration) -> None:
    ping(beat, NOW)
    intake.drain(NOW)
    beat.refresh_from_db()
    integrations.set_enabled(beat, False, NOW)
    assert heartbeats.run(NOW + minutes(60)) == 0
    assert InboxItem.objects.filter(state="pending").count() == 0
