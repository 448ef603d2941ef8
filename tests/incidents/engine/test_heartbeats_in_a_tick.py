"""A missing ping pages in the tick that notices it: on a cron-only site the next one may be minutes away."""

import pytest

from incidents import intake
from incidents.adapters import heartbeat
from incidents.adapters.signal import Options
from incidents.engine import heartbeats
from incidents.models import Incident
from tests.incidents import alerting
from tests.incidents.alerting import NOW, minutes


@pytest.mark.django_db
def test_a_missing_ping_opens_its_incident_at_once() -> None:
    beat = alerting.sender(alerting.service("Backup"), "heartbeat", "Nightly", every_minutes=10)[0]
    alerting.send(beat, *heartbeat.parse(None, Options(), str).signals, at=NOW)
    intake.drain(NOW)
    assert heartbeats.run(NOW + minutes(10)) == 1
    assert Incident.objects.get().opened_at == NOW + minutes(10)
