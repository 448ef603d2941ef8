"""Roles, notes, privacy."""

from datetime import timedelta

import pytest

from incidents import lifecycle
from incidents.models import Alert, Incident
from oncall.models import Notification, Page
from tests import cast
from tests.incidents.lifecycle.playing import SENDER, by, kinds, later, pages, texts, waiting_message


def test_a_role_is_handed_over_with_its_times(company, opened):
    incident = opened()
    lifecycle.assign_role(incident, "commander", company.ana, by(company.zoe), later(1))
    lifecycle.assign_role(incident, "commander", company.bo, by(company.zoe), later(9))
    held = [(row.person, row.starts_at, row.ends_at) for row in incident.roles.all()]
    assert held == [(company.ana, later(1), later(9)), (company.bo, later(9), None)]
    assert {row.person for row in incident.responders.all()} == {company.ana, company.bo}
    assert "incident commander: Ana hands over to Bo." in texts(incident)


def test_a_role_is_vacated(company, opened):
    incident = opened()
    lifecycle.assign_role(incident, "scribe", company.ana, by(company.ana), later(1))
    lifecycle.assign_role(incident, "scribe", None, by(company.ana), later(2))
    assert incident.roles.get().ends_at == later(2)


def test_giving_a_role_to_its_holder_changes_nothing(company, opened):
    incident = opened()
    for minute in (1, 2):
        lifecycle.assign_role(incident, "scribe", company.ana, by(company.ana), later(minute))
    lifecycle.assign_role(incident, "operations", None, by(company.zoe), later(3))
    assert kinds(incident).count("role") == 1


def test_the_technical_lead_is_the_operations_lead(company, opened):
    incident = lifecycle.assign_role(opened(), "technical_lead", company.ana, by(company.ana), later(1))
    assert incident.roles.get().role == "operations"


def test_responders_take_roles_themselves_and_commanders_give_them(company, opened):
    incident = opened()
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.assign_role(incident, "scribe", company.bo, by(company.ana), later(1))
    lifecycle.assign_role(incident, "scribe", company.ana, by(company.ana), later(2))
    lifecycle.assign_role(incident, "scribe", company.bo, by(company.ana), later(3))  # her own to hand over
    lifecycle.assign_role(incident, "commander", company.ana, by(company.ana), later(4))
    lifecycle.assign_role(incident, "operations", company.dee, by(company.ana), later(5))  # she commands now
    assert incident.roles.filter(ends_at=None).count() == 3


@pytest.mark.parametrize("role", ["boss", ""])
def test_an_unknown_role_is_refused(company, opened, role):
    with pytest.raises(lifecycle.Refused) as refused:
        lifecycle.assign_role(opened(), role, company.ana, by(company.zoe), later(1))
    assert refused.value.field == "role"


def test_a_note_may_be_dated_back(company, opened):
    incident = opened()
    lifecycle.note(incident, "First errors", by(company.ana), later(30), at=later(-60))
    entry = incident.timeline.get(kind="note")
    assert (entry.at, entry.recorded_at, entry.actor) == (later(-60), later(30), company.ana)
    assert incident.timeline.first() == entry


@pytest.mark.parametrize("at", [later(31), later(-24 * 60 - 1)])
def test_a_note_from_the_future_or_long_ago_is_refused(company, opened, at):
    with pytest.raises(lifecycle.Refused) as refused:
        lifecycle.note(opened(), "x", by(company.ana), later(30), at=at)
    assert refused.value.field == "at"


@pytest.mark.parametrize("text", ["", " \n", "x" * 10_001])
def test_a_note_says_something_and_not_too_much(company, opened, text):
    with pytest.raises(lifecycle.Refused) as refused:
        lifecycle.note(opened(), text, by(company.ana), later(1))
    assert refused.value.field == "text"


def test_notes_are_kept_as_typed_without_what_cannot_be_seen(company, opened):
    incident = lifecycle.note(opened(), "<b>=1+1</b>\r\n\x00\u202eend", by(company.ana), later(1))
    assert incident.timeline.get(kind="note").text == "<b>=1+1</b>\nend"


def test_a_persons_entry_pushes_the_timeout_and_a_machines_does_not(company, opened):
    incident, _outcome = lifecycle.acknowledge(opened(rank=1), by(company.ana), later(0))
    assert lifecycle.note(incident, "looking", by(company.ana), later(30)).ack_due_at == later(90)
    lifecycle.note(incident, "graph", SENDER, later(40))
    assert Incident.objects.get(pk=incident.pk).ack_due_at == later(90)


def test_a_note_after_the_end_starts_no_clock(company, opened):
    incident, _outcome = lifecycle.resolve(opened(rank=1), by(company.ana), later(1))
    assert lifecycle.note(incident, "why it was", by(company.ana), later(5)).ack_due_at is None


def test_a_private_incident_is_seen_only_by_those_on_it(company, opened, alert):
    incident = opened()
    alert(incident)
    waiting_message(pages(incident)[0], company.bo)
    lifecycle.assign_role(incident, "commander", company.zoe, by(company.zoe), later(1))
    lifecycle.set_private(incident, True, by(company.zoe), later(2))
    for user, sees in ((company.zoe, True), (company.bo, True), (company.ana, False), (company.cy, False)):
        for model in (Incident, Page, Alert):
            assert model.objects.visible_to(by(user).user).exists() is sees
    assert Notification.objects.visible_to(by(company.zoe).user).count() == 1
    assert not Notification.objects.visible_to(by(company.ana).user).exists()


def test_whoever_joins_a_private_incident_sees_its_pages(company, opened):
    incident = lifecycle.set_private(opened(), True, by(company.zoe), later(1))
    lifecycle.assign_role(incident, "scribe", company.cy, by(company.zoe), later(2))
    assert Page.objects.visible_to(by(company.cy).user).count() == 1


def test_an_incident_made_public_is_seen_again(company, opened):
    incident = lifecycle.set_private(opened(), True, by(company.zoe), later(1))
    lifecycle.set_private(incident, False, by(company.zoe), later(2))
    assert Incident.objects.visible_to(by(company.ana).user).exists()
    assert Page.objects.visible_to(by(company.ana).user).exists()
    assert kinds(incident).count("privacy") == 2


def test_responders_may_not_hide_an_incident(company, opened):
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.set_private(opened(), True, by(company.ana), later(1))


def test_notices_that_wait_are_silenced_when_the_incident_is_hidden(company, sev, opened):
    cast.channel("Ops room")
    sev[1].aware = ["ops-room", "team_lead"]
    sev[1].save()
    incident = opened(rank=1, title="Leaked passwords")
    lifecycle.set_private(incident, True, by(company.zoe), later(1))
    to_room, to_lead = Notification.objects.filter(kind="aware").order_by("person")
    if to_room.person:
        to_room, to_lead = to_lead, to_room
    assert to_room.state == "cancelled"
    assert to_lead.state == "pending"
    assert "passwords" not in to_lead.title + to_lead.text
    assert to_room.private
    assert to_lead.private


def test_notes_are_allowed_in_every_state(company, opened):
    incident = lifecycle.dismiss(opened(), "A test", by(company.ana), later(1))
    assert lifecycle.note(incident, "One more", by(company.ana), later(1) + timedelta(days=90)).state == "closed"
