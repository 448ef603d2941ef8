"""Paging that waits, and goes on."""

from datetime import UTC, datetime, timedelta

import pytest

from incidents import lifecycle
from incidents.engine import holds
from incidents.models import Incident, Maintenance, Severity
from oncall.models import Page
from oncall.paging import Actor
from tests import cast
from tests.cast import NOW
from tests.incidents.lifecycle.playing import kinds, later, pages

SENDER = Actor(None, "Events", "sender")
SUNDAY = datetime(2026, 1, 18, 12, 0, tzinfo=UTC)
MONDAY = datetime(2026, 1, 19, 9, 0, tzinfo=UTC)


@pytest.fixture
def company(db):
    return cast.platform()


@pytest.fixture
def opened(company):
    def make(level="SEV-1", at=NOW, service=None):
        severity = Severity.objects.get(level=level)
        opening = lifecycle.Opening((service or company.service).pk, severity.pk, "Down", at, at, at)
        return lifecycle.open_many([opening], at)[0]

    return make


@pytest.fixture
def maintenance(company):
    def make(start, end, **more):
        return Maintenance.objects.create(service=company.service, starts_at=start, ends_at=end, **more)

    return make


def page_of(incident):
    return pages(incident)[-1]


def stepped(incident, due_at):
    """As after a first step: the next is ahead."""
    Page.objects.filter(subject=incident.subject).update(step=2, due_at=due_at)


def test_what_waits_for_maintenance_pages_when_it_ends(opened, maintenance):
    maintenance(later(-10), later(60))
    incident = opened()
    assert holds.run(later(59)) == 0
    assert page_of(incident).due_at is None
    assert holds.run(later(60)) == 1
    assert page_of(incident).due_at == later(60)
    incident.refresh_from_db()
    assert incident.hold_until_at is None
    assert kinds(incident)[-1] == "released"
    assert holds.run(later(61)) == 0


def test_what_was_resolved_meanwhile_pages_nobody(opened, maintenance):
    maintenance(later(-10), later(60))
    incident = opened()
    lifecycle.resolve(incident, SENDER, later(30))
    assert holds.run(later(60)) == 0
    assert (page_of(incident).state, page_of(incident).due_at) == ("resolved", None)


def test_after_maintenance_working_hours_are_waited_for(opened, maintenance):
    maintenance(SUNDAY, SUNDAY + timedelta(hours=2))
    incident = opened("SEV-3", SUNDAY)
    assert incident.hold_until_at == SUNDAY + timedelta(hours=2)
    holds.run(SUNDAY + timedelta(hours=2))
    incident.refresh_from_db()
    assert incident.hold_until_at == MONDAY
    assert page_of(incident).hold_reason == "outside working hours"
    holds.run(MONDAY)
    assert page_of(incident).due_at == MONDAY


def test_maintenance_that_is_prolonged_or_ended_early_counts_at_once(opened, maintenance):
    window = maintenance(later(-10), later(60))
    incident = opened()
    window.ends_at = later(90)
    window.save()
    holds.run(later(30))
    incident.refresh_from_db()
    assert incident.hold_until_at == later(90)
    window.delete()
    holds.run(later(31))
    assert page_of(incident).due_at == later(31)


def test_maintenance_that_begins_holds_later_steps(opened, maintenance):
    incident = opened()
    stepped(incident, later(15))
    maintenance(later(10), later(60))
    assert holds.run(later(9)) == 0
    assert holds.run(later(10)) == 1
    assert page_of(incident).held_due_at == later(15)
    incident.refresh_from_db()
    assert incident.hold_until_at == later(60)
    assert kinds(incident)[-1] == "held"
    assert holds.run(later(11)) == 0
    assert kinds(incident).count("held") == 1
    holds.run(later(60))
    assert page_of(incident).due_at == later(60)


def test_a_hold_that_ends_early_keeps_the_steps_own_time(opened, maintenance):
    incident = opened()
    stepped(incident, later(50))
    maintenance(later(10), later(20))
    holds.run(later(10))
    holds.run(later(20))
    assert page_of(incident).due_at == later(50)


def test_the_end_of_working_hours_holds_later_steps(opened):
    before_five = datetime(2026, 1, 14, 16, 55, tzinfo=UTC)
    incident = opened("SEV-3", before_five)
    stepped(incident, before_five + timedelta(minutes=15))
    holds.run(before_five + timedelta(minutes=4))
    assert page_of(incident).held_at is None
    holds.run(before_five + timedelta(minutes=5))
    assert page_of(incident).held_at
    incident.refresh_from_db()
    assert incident.hold_until_at == datetime(2026, 1, 15, 9, tzinfo=UTC)


def test_a_step_that_a_person_asked_for_is_not_held(opened):
    incident = opened("SEV-3", SUNDAY)
    lifecycle.escalate(incident, SENDER, SUNDAY)
    holds.run(SUNDAY + timedelta(seconds=3))
    assert page_of(incident).due_at == SUNDAY
    stepped(incident, SUNDAY + timedelta(minutes=5))
    holds.run(SUNDAY + timedelta(seconds=6))
    assert page_of(incident).held_at


def test_what_somebody_has_is_not_held(opened, maintenance):
    incident = opened()
    lifecycle.acknowledge(incident, SENDER, later(1))
    maintenance(later(2), later(60))
    assert holds.run(later(3)) == 0
    assert page_of(incident).held_at is None


def test_pages_by_hand_are_not_held(company, opened, maintenance):
    incident = opened()
    stepped(incident, later(15))
    lifecycle.page(incident, company.cy, SENDER, later(1))
    maintenance(later(2), later(60))
    holds.run(later(3))
    assert [bool(page.held_at) for page in pages(incident)] == [True, False]


def test_other_services_go_on(company, opened, maintenance):
    other = opened(service=cast.service("Search", company.team, company.policy))
    stepped(other, later(15))
    maintenance(later(2), later(60))
    assert holds.run(later(3)) == 0
    assert page_of(other).due_at == later(15)


def test_one_that_breaks_does_not_hold_up_the_others(opened, maintenance, monkeypatch):
    maintenance(later(-10), later(60))
    broken, sound = opened(), opened()
    original = holds.paging.release

    def release(subject, now):
        if subject == broken.subject:
            raise RuntimeError("broken")
        return original(subject, now)

    monkeypatch.setattr(holds.paging, "release", release)
    holds.run(later(60))
    assert page_of(sound).due_at == later(60)
    assert Incident.objects.get(pk=broken.pk).hold_until_at == later(61)
    monkeypatch.undo()
    holds.run(later(61))
    assert page_of(broken).due_at == later(61)
