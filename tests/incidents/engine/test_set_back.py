"""The wall clock is set back: neither a timeout nor a heartbeat waits for that hour to come again."""

import pytest

from incidents import intake, lifecycle
from incidents.adapters import heartbeat
from incidents.adapters.signal import Options
from incidents.engine import ack_timeouts, heartbeats, set_back
from incidents.models import Incident, Integration, Severity
from tests import cast
from tests.incidents import alerting
from tests.incidents.alerting import NOW, minutes
from tests.incidents.lifecycle.playing import by

pytestmark = pytest.mark.django_db
BACK = NOW - minutes(600)


@pytest.fixture
def taken() -> Incident:
    """Acknowledged at once, and not a word since."""
    company = cast.platform()
    severity = Severity.objects.get(level="SEV-1")
    opening = lifecycle.Opening(company.service.pk, severity.pk, "Down", NOW, NOW, NOW)
    incident = lifecycle.open_many([opening], NOW)[0]
    company.ana.is_superuser = True
    company.ana.save()
    return lifecycle.acknowledge(incident, by(company.ana), NOW)[0]


@pytest.fixture
def beat() -> Integration:
    """It is to ping each ten minutes, and did so once."""
    integration = alerting.sender(alerting.service("Backup"), "heartbeat", "Nightly", every_minutes=10)[0]
    alerting.send(integration, *heartbeat.parse(None, Options(), str).signals, at=NOW)
    intake.drain(NOW)
    return integration


def test_an_acknowledgement_times_out_by_the_new_clock(taken: Incident) -> None:
    assert set_back.run(BACK) == 1
    assert set_back.run(BACK + minutes(5)) == 0, "its wait goes on"
    assert ack_timeouts.run(BACK + minutes(59)) == 0, "never early"
    assert ack_timeouts.run(BACK + minutes(60)) == 1


def test_a_heartbeat_is_missed_by_the_new_clock(beat: Integration) -> None:
    assert set_back.run(BACK) == 1
    assert set_back.run(BACK + minutes(1)) == 0
    assert heartbeats.run(BACK + minutes(9)) == 0
    assert heartbeats.run(BACK + minutes(10)) == 1


def test_what_waits_no_longer_than_it_may_is_left_alone(taken: Incident, beat: Integration) -> None:
    assert set_back.run(NOW) == 0
    assert set_back.run(NOW - minutes(0.9)) == 0, "machines' clocks differ a little"
    taken.refresh_from_db()
    beat.refresh_from_db()
    assert (taken.ack_due_at, beat.heartbeat_due_at) == (NOW + minutes(60), NOW + minutes(10))
