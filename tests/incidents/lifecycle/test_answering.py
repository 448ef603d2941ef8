"""Somebody answers: acknowledge, escalate, page by hand, pass on."""

import pytest

from incidents import lifecycle
from incidents.models import Incident
from oncall.models import Notification, Page
from oncall.paging import Actor
from tests.incidents.lifecycle.playing import SENDER, by, kinds, later, pages, states, waiting_message


def test_acknowledging_stops_the_page_and_takes_the_incident(company, opened):
    incident = opened(rank=1)
    message = waiting_message(pages(incident)[0], company.bo)
    taken, outcome = lifecycle.acknowledge(incident, by(company.ana), later(2))
    assert outcome.changed
    assert outcome.cancelled == 1
    assert (taken.state, taken.acknowledged_at, taken.acknowledged_by) == ("acknowledged", later(2), company.ana)
    assert taken.ack_due_at == later(62)
    assert states(incident) == ["acknowledged"]
    message.refresh_from_db()
    assert message.state == "cancelled"
    assert incident.responders.get().person == company.ana


def test_an_acknowledgement_is_one_line_and_a_second_changes_nothing(company, opened):
    incident = opened()
    lifecycle.acknowledge(incident, by(company.ana), later(1))
    again, outcome = lifecycle.acknowledge(incident, by(company.bo), later(2))
    assert not outcome.changed
    assert again.acknowledged_by == company.ana
    assert kinds(incident).count("acknowledged") == 1
    line = incident.timeline.get(kind="acknowledged")
    assert (line.actor, line.actor_name, line.source) == (company.ana, "Ana", "console")


def test_an_incident_without_a_page_is_acknowledged_too(company, opened):
    incident = opened(rank=4)
    assert lifecycle.acknowledge(incident, by(company.ana), later(1))[0].state == "acknowledged"
    assert kinds(incident).count("acknowledged") == 1


def test_a_sender_acknowledges_in_its_own_name(opened):
    incident, _outcome = lifecycle.acknowledge(opened(), SENDER, later(1))
    assert incident.state == "acknowledged"
    assert incident.acknowledged_by is None
    line = incident.timeline.get(kind="acknowledged")
    assert (line.actor_name, line.source) == ("Events", "sender")


def test_acknowledging_a_held_incident_ends_its_waiting(company, opened):
    incident = opened(rank=3, at=later(60 * 24 * 4))
    assert incident.hold_until_at
    assert lifecycle.acknowledge(incident, by(company.ana), later(60 * 24 * 4))[0].hold_until_at is None


def test_what_is_over_cannot_be_acknowledged(company, opened):
    incident, _outcome = lifecycle.resolve(opened(), by(company.ana), later(1))
    with pytest.raises(lifecycle.Refused) as refused:
        lifecycle.acknowledge(incident, by(company.ana), later(2))
    assert refused.value.conflict


def test_escalating_makes_the_next_step_due_and_keeps_the_acknowledgement(company, opened):
    incident, _outcome = lifecycle.acknowledge(opened(), by(company.ana), later(1))
    escalated = lifecycle.escalate(incident, by(company.ana), later(2))
    assert escalated.state == "acknowledged"
    (page,) = pages(incident)
    assert page.state == "acknowledged"
    assert page.due_at == later(2)


def test_escalating_without_a_step_left_is_a_conflict(company, opened):
    with pytest.raises(lifecycle.Refused) as refused:
        lifecycle.escalate(opened(rank=4), by(company.ana), later(1))
    assert refused.value.conflict


def test_escalating_a_held_incident_ends_its_waiting(company, opened):
    night = later(60 * 12)
    incident = opened(rank=3, at=night)
    assert lifecycle.escalate(incident, by(company.ana), night).hold_until_at is None
    assert pages(incident)[0].due_at == night


def test_a_person_paged_by_hand_is_a_responder_and_has_a_page_of_their_own(company, opened):
    incident = opened()
    lifecycle.page(incident, company.cy, by(company.ana), later(1))
    assert pages(incident)[1].responder == company.cy
    assert incident.responders.filter(person=company.cy).exists()


def test_somebody_elses_answer_does_not_stop_a_page_by_hand(company, opened):
    incident = opened()
    lifecycle.page(incident, company.cy, by(company.ana), later(1))
    lifecycle.acknowledge(incident, by(company.ana), later(2))
    assert states(incident) == ["acknowledged", "open"]
    lifecycle.acknowledge(incident, by(company.cy), later(3))
    assert states(incident) == ["acknowledged", "acknowledged"]
    assert kinds(incident).count("acknowledged") == 2


def test_a_person_paged_by_hand_answers_a_mitigated_incident_too(company, opened):
    incident = opened()
    lifecycle.page(incident, company.cy, by(company.ana), later(1))
    lifecycle.mitigate(incident, by(company.ana), later(2))
    answered, outcome = lifecycle.acknowledge(incident, by(company.cy), later(3))
    assert outcome.changed
    assert answered.state == "mitigated"


def test_nobody_inactive_is_paged_by_hand(company, opened):
    company.cy.is_active = False
    company.cy.save()
    with pytest.raises(lifecycle.Refused) as refused:
        lifecycle.page(opened(), company.cy, by(company.ana), later(1))
    assert refused.value.field == "person"


def test_passing_on_makes_it_nobodys_and_runs_the_next_step(company, opened):
    incident, _outcome = lifecycle.acknowledge(opened(), by(company.ana), later(1))
    passed = lifecycle.pass_on(incident, by(company.ana), later(2))
    assert (passed.state, passed.acknowledged_by, passed.acknowledged_at) == ("triggered", None, None)
    assert Incident.objects.get(pk=incident.pk).ack_due_at is None
    (page,) = pages(incident)
    assert (page.state, page.due_at) == ("open", later(2))


def test_passing_on_leaves_what_somebody_else_took(company, opened):
    incident, _outcome = lifecycle.acknowledge(opened(), by(company.ana), later(1))
    assert lifecycle.pass_on(incident, by(company.bo), later(2)).acknowledged_by == company.ana
    assert states(incident) == ["acknowledged"]


def test_without_permission_nothing_is_done(company, opened):
    incident = opened()
    for verb in (lifecycle.acknowledge, lifecycle.resolve, lifecycle.escalate, lifecycle.pass_on, lifecycle.mitigate):
        with pytest.raises(lifecycle.NotAllowed):
            verb(incident, by(company.cy), later(1))
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.page(incident, company.bo, by(company.cy), later(1))
    assert Incident.objects.get(pk=incident.pk).state == "triggered"


def test_whom_the_pager_woke_may_answer_without_any_permission(company, opened):
    incident = opened()
    message = waiting_message(pages(incident)[0], company.cy)
    lifecycle.note(incident, "on it", by(company.cy), later(1))
    assert lifecycle.acknowledge(incident, by(company.cy), later(1))[0].acknowledged_by == company.cy
    lifecycle.escalate(incident, by(company.cy), later(2))
    assert lifecycle.resolve(incident, by(company.cy), later(3))[0].state == "resolved"
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.reopen(incident, "no", by(company.cy), later(4))
    assert Notification.objects.get(pk=message.pk).state == "cancelled"


def test_whom_the_pager_woke_may_say_that_it_was_nothing(company, opened):
    incident = opened()
    waiting_message(pages(incident)[0], company.cy)
    assert lifecycle.dismiss(incident, "Not actionable", by(company.cy), later(1)).false_alarm


def test_an_inactive_person_may_nothing_even_if_once_paged(company, opened):
    incident = opened()
    waiting_message(pages(incident)[0], company.ana)
    company.ana.is_active = False
    company.ana.save()
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.acknowledge(incident, by(company.ana), later(1))


def test_a_private_incident_is_closed_to_responders_who_are_not_on_it(company, opened):
    incident = opened(private=True)
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.acknowledge(incident, by(company.ana), later(1))
    lifecycle.page(incident, company.ana, SENDER, later(1))
    assert lifecycle.acknowledge(incident, by(company.ana), later(2))[0].state == "acknowledged"
    assert set(Page.objects.visible_to(company.ana)) == set(pages(incident))


def test_the_engine_needs_no_permission(opened):
    engine = Actor(None, "", "engine")
    assert lifecycle.resolve(opened(), engine, later(1))[0].state == "resolved"
