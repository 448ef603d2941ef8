"""Steps that came due within a hold, between two looks: a cron-only site looks once a minute or less often."""

from datetime import UTC, datetime, timedelta

import pytest

from incidents import lifecycle
from incidents.engine import holds
from incidents.models import Incident, Maintenance, Severity
from oncall.models import Page
from oncall.paging import Actor
from tests import cast
from tests.cast import NOW
from tests.incidents.lifecycle.playing import later, pages

SOMEBODY = Actor(None, "somebody in a channel", "phone")
BEFORE_FIVE = datetime(2026, 1, 14, 16, 55, tzinfo=UTC)


@pytest.fixture
def company(db):
    return cast.platform()


def opened(company, level="SEV-1", at=NOW) -> Incident:
    severity = Severity.objects.get(level=level)
    return lifecycle.open_many([lifecycle.Opening(company.service.pk, severity.pk, "Down", at, at, at)], at)[0]


def stepped(incident: Incident, due_at: datetime) -> None:
    """As after a first step: the next is ahead."""
    Page.objects.filter(subject=incident.subject).update(step=2, due_at=due_at)


def test_a_step_that_came_due_in_maintenance_is_held(company):
    incident = opened(company)
    stepped(incident, later(15))
    Maintenance.objects.create(service=company.service, starts_at=later(10), ends_at=later(60))
    assert holds.run(later(20)) == 1
    assert (pages(incident)[0].due_at, pages(incident)[0].held_due_at) == (None, later(15))
    holds.run(later(60))
    assert pages(incident)[0].due_at == later(60)


def test_a_step_that_came_due_after_hours_waits_for_the_next_working_hour(company):
    incident = opened(company, "SEV-3", BEFORE_FIVE)
    stepped(incident, BEFORE_FIVE + timedelta(minutes=15))
    assert holds.run(BEFORE_FIVE + timedelta(minutes=15)) == 1
    incident.refresh_from_db()
    assert incident.hold_until_at == datetime(2026, 1, 15, 9, tzinfo=UTC)


def test_a_step_that_was_due_before_the_hold_began_goes_out(company):
    incident = opened(company)
    stepped(incident, later(9))
    Maintenance.objects.create(service=company.service, starts_at=later(10), ends_at=later(60))
    assert holds.run(later(20)) == 0
    assert pages(incident)[0].due_at == later(9)


@pytest.mark.parametrize("verb", [lifecycle.escalate, lifecycle.pass_on])
def test_a_step_that_somebody_asked_for_in_maintenance_goes_out(company, verb):
    incident = opened(company)
    stepped(incident, later(15))
    Maintenance.objects.create(service=company.service, starts_at=later(10), ends_at=later(60))
    holds.run(later(11))
    verb(incident, SOMEBODY, later(20))
    assert holds.run(later(25)) == 0
    assert pages(incident)[0].due_at == later(20)
