"""Acknowledged, and then not a word: paged again."""

import pytest

from incidents import lifecycle
from incidents.engine import ack_timeouts
from incidents.models import Incident, Severity
from oncall.paging import Actor
from tests import cast
from tests.cast import NOW
from tests.incidents.lifecycle.playing import by, kinds, later, pages, states

SENDER = Actor(None, "Events", "sender")


@pytest.fixture
def company(db):
    return cast.platform()


@pytest.fixture
def taken(company):
    """An incident that Ana acknowledged at once."""

    def make(level="SEV-1", service=None):
        severity = Severity.objects.get(level=level)
        opening = lifecycle.Opening((service or company.service).pk, severity.pk, "Down", NOW, NOW, NOW)
        incident = lifecycle.open_many([opening], NOW)[0]
        company.ana.is_superuser = True
        company.ana.save()
        return lifecycle.acknowledge(incident, by(company.ana), NOW)[0]

    return make


def test_silence_after_an_acknowledgement_pages_again(taken):
    incident = taken()
    assert ack_timeouts.run(later(59)) == 0
    assert ack_timeouts.run(later(60)) == 1
    incident.refresh_from_db()
    assert (incident.state, incident.acknowledged_by, incident.ack_due_at) == ("triggered", None, None)
    assert states(incident) == ["ended", "open"]
    assert pages(incident)[1].due_at == later(60)
    assert kinds(incident)[-1] == "timeout"


def test_it_pages_again_once(taken):
    incident = taken()
    ack_timeouts.run(later(60))
    assert ack_timeouts.run(later(61)) == 0
    assert states(incident) == ["ended", "open"]


def test_a_persons_note_puts_it_off(company, taken):
    incident = taken()
    lifecycle.note(incident, "Still on it", by(company.ana), later(50))
    assert ack_timeouts.run(later(60)) == 0
    assert ack_timeouts.run(later(110)) == 1
    assert states(incident) == ["ended", "open"]


def test_a_machines_line_does_not(taken):
    lifecycle.note(taken(), "deploy finished", SENDER, later(50))
    assert ack_timeouts.run(later(60)) == 1


@pytest.mark.parametrize("verb", [lifecycle.mitigate, lifecycle.resolve])
def test_what_is_mitigated_or_resolved_is_left_in_peace(company, taken, verb):
    incident = taken()
    verb(incident, by(company.ana), later(10))
    assert ack_timeouts.run(later(600)) == 0


def test_severities_without_a_timeout_are_left_in_peace(taken):
    taken("SEV-2")
    assert ack_timeouts.run(later(6000)) == 0


def test_one_that_breaks_does_not_hold_up_the_others(taken, monkeypatch):
    broken, sound = taken(), taken()
    original = ack_timeouts.page_again

    def page_again(incident, *arguments):
        if incident.pk == broken.pk:
            raise RuntimeError("broken")
        original(incident, *arguments)

    monkeypatch.setattr(ack_timeouts, "page_again", page_again)
    ack_timeouts.run(later(60))
    assert Incident.objects.get(pk=sound.pk).state == "triggered"
    assert Incident.objects.get(pk=broken.pk).ack_due_at == later(61)
    assert "timeout" not in kinds(broken)
    monkeypatch.undo()
    ack_timeouts.run(later(61))
    assert Incident.objects.get(pk=broken.pk).state == "triggered"


def test_incidents_of_many_services_are_all_done(company, taken):
    for n in range(ack_timeouts.BATCH + 3):
        taken(service=cast.service(f"Service {n}", company.team, company.policy))
    assert ack_timeouts.run(later(60)) == ack_timeouts.BATCH + 3
    assert not Incident.objects.exclude(state="triggered").exists()
