"""Two at once, on a database that lets them: nothing is done twice, nobody waits in a circle."""

import pytest
from django.db import connection

from incidents import lifecycle
from incidents.engine import ack_timeouts, holds
from incidents.models import Incident, Maintenance, NumberSequence, Severity
from oncall.models import Page, User
from oncall.paging import Actor
from tests import cast
from tests.cast import NOW
from tests.incidents.lifecycle.playing import SENDER, kinds, later, states
from tests.together import at_once

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def company(transactional_db):
    assert connection.vendor == "postgresql", "These tests need PostgreSQL: set DATABASE_URL."
    made = cast.platform()
    User.objects.update(is_superuser=True)
    return made


def opening(company, level="SEV-1", title="Down"):
    severity = Severity.objects.get(level=level)
    return lifecycle.Opening(company.service.pk, severity.pk, title, NOW, NOW, NOW)


def failures(results):
    return [result for result in results if isinstance(result, Exception) and not isinstance(result, lifecycle.Refused)]


def as_(user):
    fresh = User.objects.get(pk=user.pk)
    return Actor(fresh, str(fresh), "phone")


def test_of_two_acknowledgements_one_counts(company):
    for _round in range(5):
        incident = lifecycle.open_many([opening(company)], NOW)[0]
        results = at_once(
            lambda one=incident: lifecycle.acknowledge(one, as_(company.ana), later(1)),
            lambda one=incident: lifecycle.acknowledge(one, as_(company.bo), later(1)),
        )
        assert failures(results) == []
        assert sorted(outcome.changed for _incident, outcome in results) == [False, True]
        winner = next(row.acknowledged_by for row, outcome in results if outcome.changed)
        assert Incident.objects.get(pk=incident.pk).acknowledged_by == winner
        assert kinds(incident).count("acknowledged") == 1


def test_acknowledge_against_resolve_ends_resolved(company):
    for _round in range(5):
        incident = lifecycle.open_many([opening(company)], NOW)[0]
        results = at_once(
            lambda one=incident: lifecycle.acknowledge(one, as_(company.ana), later(1)),
            lambda one=incident: lifecycle.resolve(one, SENDER, later(1)),
        )
        assert failures(results) == []
        assert Incident.objects.get(pk=incident.pk).state == "resolved"
        assert states(incident) == ["resolved"]


def test_two_raises_leave_one_page(company):
    sev1, sev2 = Severity.objects.get(level="SEV-1"), Severity.objects.get(level="SEV-2")
    incident = lifecycle.open_many([opening(company, "SEV-3")], NOW)[0]
    results = at_once(
        lambda: lifecycle.set_severity(incident, sev1, "a", as_(company.ana), later(1)),
        lambda: lifecycle.set_severity(incident, sev1, "b", as_(company.bo), later(1)),
        lambda: lifecycle.set_severity(incident, sev2, "c", SENDER, later(1)),
    )
    assert failures(results) == []
    assert states(incident).count("open") == 1


def test_numbers_asked_for_at_once_are_all_different(company):
    others = [cast.service(f"Service {n}", company.team, company.policy) for n in range(4)]
    severity = Severity.objects.get(level="SEV-1")

    def open_ten(service):
        many = [lifecycle.Opening(service.pk, severity.pk, str(n), NOW, NOW, NOW) for n in range(10)]
        return [incident.number for incident in lifecycle.open_many(many, NOW)]

    results = at_once(*(lambda service=service: open_ten(service) for service in others))
    assert failures(results) == []
    numbers = [number for result in results for number in result]
    assert sorted(numbers) == [f"INC-2026-{n:04d}" for n in range(1, 41)]
    assert NumberSequence.objects.get().last == 40


def test_merging_both_ways_at_once_closes_one(company):
    one, other = lifecycle.open_many([opening(company), opening(company)], NOW)
    results = at_once(
        lambda: lifecycle.merge(one, other, as_(company.ana), later(1)),
        lambda: lifecycle.merge(other, one, as_(company.bo), later(1)),
    )
    assert failures(results) == []
    assert sorted(Incident.objects.values_list("state", flat=True)) == ["closed", "triggered"]


def test_two_engines_time_out_an_acknowledgement_once(company):
    incident = lifecycle.open_many([opening(company)], NOW)[0]
    lifecycle.acknowledge(incident, as_(company.ana), NOW)
    results = at_once(*(lambda: ack_timeouts.run(later(60)) for _engine in range(3)))
    assert failures(results) == []
    assert states(incident) == ["ended", "open"]
    assert kinds(incident).count("timeout") == 1


def test_two_engines_release_a_hold_once_while_somebody_acknowledges(company):
    Maintenance.objects.create(service=company.service, starts_at=later(-5), ends_at=later(5))
    held = lifecycle.open_many([opening(company) for _n in range(6)], NOW)
    results = at_once(
        lambda: holds.run(later(5)),
        lambda: holds.run(later(5)),
        lambda: [lifecycle.acknowledge(incident, as_(company.ana), later(5)) for incident in reversed(held)],
    )
    assert failures(results) == []
    holds.run(later(6))
    assert not Page.objects.filter(held_at__isnull=False).exists()
    assert all(kinds(incident).count("released") <= 1 for incident in held)
    assert not Incident.objects.exclude(state="acknowledged").exists()
