"""Every button goes through its door: who may, what is said when it is refused, and what a stale form learns."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.contrib.messages import get_messages

from incidents import lifecycle
from incidents.admin.incident.deeds import DEEDS
from incidents.models import Incident, Severity, TimelineEntry
from oncall.models import Notification, Page
from tests import cast
from tests.cast import NOW
from tests.incidents.admin.looking import address, browser, later, page_of, tick
from tests.incidents.lifecycle.playing import by

pytestmark = pytest.mark.django_db


def said(answer: Any) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def counted() -> tuple[Any, ...]:
    rows = (Incident, TimelineEntry, Page, Notification)
    return (*(model.objects.count() for model in rows), *Incident.objects.values_list("state", "severity", "private"))


@pytest.mark.parametrize("verb", DEEDS)
def test_a_viewer_can_do_nothing(incident: Incident, company: cast.Platform, verb: str) -> None:
    before, client = counted(), browser(company.cy)
    for method in (client.get, client.post):
        assert method(address(incident, verb)).status_code == 403
    assert counted() == before
    assert address(incident, verb) not in client.get(address(incident)).content.decode()


@pytest.mark.parametrize("verb", DEEDS)
def test_looking_at_a_form_does_nothing(incident: Incident, company: cast.Platform, verb: str) -> None:
    before = counted()
    browser(company.dee).get(address(incident, verb))
    assert counted() == before


@pytest.mark.parametrize("verb", DEEDS)
def test_a_form_needs_its_token(incident: Incident, company: cast.Platform, verb: str) -> None:
    assert browser(company.dee, enforce_csrf_checks=True).post(address(incident, verb)).status_code == 403


@pytest.mark.parametrize("verb", ["severity", "role", "note", "page", "merge", "reopen", "close", "private"])
def test_a_stranger_to_a_private_incident_finds_nothing(incident: Incident, company: cast.Platform, verb: str) -> None:
    lifecycle.set_private(incident, True, by(company.dee), NOW)
    assert browser(company.bo).post(address(incident, verb)).status_code == 404
    assert browser(company.zoe).get(address(incident)).status_code == 200


def test_acknowledging_says_what_it_stopped(incident: Incident, company: cast.Platform) -> None:
    answer = browser(company.bo).post(address(incident, "acknowledge"))
    incident.refresh_from_db()
    assert (answer.status_code, incident.state, incident.acknowledged_by) == (302, "acknowledged", company.bo)
    assert "You have it." in said(answer)
    entry = incident.timeline.get(kind="acknowledged")
    assert (entry.source, entry.actor) == ("console", company.bo)


def test_who_was_slower_hears_who_has_it(incident: Incident, company: cast.Platform) -> None:
    lifecycle.acknowledge(incident, by(company.ana), NOW)
    answer = browser(company.bo).post(address(incident, "acknowledge"))
    assert "Ana has it already." in said(answer)
    incident.refresh_from_db()
    assert incident.acknowledged_by == company.ana


def test_a_lowering_without_reason_is_said_at_its_field(
    incident: Incident, company: cast.Platform, sev: dict[int, Severity]
) -> None:
    answer = browser(company.ana).post(address(incident, "severity"), {"severity": sev[3].pk, "reason": ""})
    assert answer.status_code == 400
    assert answer.context["form"].errors == {"reason": ["Say why it is less severe."]}
    answer = browser(company.ana).post(address(incident, "severity"), {"severity": sev[3].pk, "reason": "One region"})
    incident.refresh_from_db()
    assert (answer.status_code, incident.severity) == (302, sev[3])


def test_the_severity_form_shows_what_each_level_means(incident: Incident, company: cast.Platform) -> None:
    text = browser(company.ana).get(address(incident, "severity")).content.decode()
    for words in ("Payments are broken", "Latency is ten times the usual", "One region is affected", "wrong colour"):
        assert words in text


def test_a_person_is_found_by_username_or_name(incident: Incident, company: cast.Platform) -> None:
    client = browser(company.ana)
    for text in ("bo", " BO ", "Zoe"):
        assert client.post(address(incident, "page"), {"person": text}).status_code == 302
    assert list(Page.objects.filter(responder__isnull=False).values_list("responder__username", flat=True)) == [
        "zoe",
        "bo",
    ]
    answer = client.post(address(incident, "page"), {"person": "<b>nobody</b>"})
    assert answer.context["form"].errors == {"person": ["Nobody is called <b>nobody</b>."]}
    assert b"<b>nobody" not in answer.content


def test_an_inactive_person_is_refused_at_the_field(incident: Incident, company: cast.Platform) -> None:
    company.cy.is_active = False
    company.cy.save()
    answer = browser(company.ana).post(address(incident, "page"), {"person": "cy"})
    assert (answer.status_code, answer.context["form"].errors) == (400, {"person": ["Cy is not active."]})


def test_roles_of_others_are_the_commanders(incident: Incident, company: cast.Platform) -> None:
    wanted = {"role": "commander", "person": "bo"}
    answer = browser(company.ana).post(address(incident, "role"), wanted)
    assert (answer.status_code, incident.roles.count()) == (403, 0)
    assert browser(company.dee).post(address(incident, "role"), wanted).status_code == 302
    assert incident.roles.get().person == company.bo
    assert browser(company.dee).post(address(incident, "role"), {**wanted, "person": ""}).status_code == 302
    assert incident.roles.get().ends_at == NOW


def test_a_note_may_be_dated_back_in_the_readers_zone(
    incident: Incident, company: cast.Platform, clock: time_machine.Traveller
) -> None:
    company.ana.timezone = "America/Chicago"
    company.ana.save()
    clock.move_to(later(30))
    note = {"text": "Deploy finished", "at": "2026-01-14T03:05"}
    assert browser(company.ana).post(address(incident, "note"), note).status_code == 302
    entry = incident.timeline.get(kind="note")
    assert (entry.at, entry.recorded_at) == (later(5), later(30))
    answer = browser(company.ana).post(address(incident, "note"), {"text": "x", "at": "2026-01-14T09:05"})
    assert "at" in answer.context["form"].errors


def test_mitigate_resolve_reopen_close(incident: Incident, company: cast.Platform) -> None:
    client = browser(company.dee)
    steps: list[tuple[str, dict[str, str], str]] = [
        ("mitigate", {"kind": "rollback"}, "mitigated"),
        ("resolve", {}, "resolved"),
        ("reopen", {"reason": "It is back"}, "triggered"),
        ("resolve", {}, "resolved"),
        ("close", {}, "closed"),
    ]
    for verb, given, state in steps:
        assert client.post(address(incident, verb), given).status_code == 302
        incident.refresh_from_db()
        assert incident.state == state


def test_escalate_until_nothing_is_left(incident: Incident, company: cast.Platform) -> None:
    client = browser(company.ana)
    for _step in range(2):
        assert client.post(address(incident, "escalate")).status_code == 302
        tick(NOW)
    answer = client.post(address(incident, "escalate"))
    assert answer.status_code == 409
    assert "There is no step left to run; page somebody by name." in answer.content.decode()


def test_passing_on_frees_it(incident: Incident, company: cast.Platform) -> None:
    client = browser(company.ana)
    client.post(address(incident, "acknowledge"))
    assert client.post(address(incident, "pass_on")).status_code == 302
    incident.refresh_from_db()
    assert (incident.state, page_of(incident).state) == ("triggered", "open")


def test_merging_names_the_other_and_only_what_one_may_see(
    incident: Incident, company: cast.Platform, opened: Callable[..., Incident]
) -> None:
    other, hidden = opened(title="The same"), opened(title="Secret", private=True)
    client = browser(company.dee)
    answer = client.get(address(incident, "merge")).content.decode()
    assert other.number in answer
    assert hidden.number not in answer
    answer = client.post(address(incident, "merge"), {"into": hidden.number})
    assert answer.context["form"].errors == {"into": [f"There is no incident {hidden.number}."]}
    assert client.post(address(incident, "merge"), {"into": other.number.lower()}).status_code == 302
    incident.refresh_from_db()
    assert incident.merged_into == other


def test_two_clicks_on_private_do_not_undo_one_another(incident: Incident, company: cast.Platform) -> None:
    client = browser(company.dee)
    for _click in range(2):
        assert client.post(address(incident, "private"), {"private": "yes"}).status_code == 302
    incident.refresh_from_db()
    assert incident.private
    assert client.post(address(incident, "private"), {"private": "no"}).status_code == 302


def test_a_stale_form_says_who_changed_what(incident: Incident, company: cast.Platform) -> None:
    seen = incident.timeline.latest("pk").pk
    lifecycle.resolve(incident, by(company.bo), NOW)
    before = counted()
    answer = browser(company.ana).post(address(incident, "mitigate"), {"kind": "", "seen": seen})
    text = answer.content.decode()
    assert (answer.status_code, counted()) == (409, before)
    assert re.search(r"Since you opened this: Bo \(.+ ago\): Resolved\.", text)
    assert "The incident is resolved now" in text


def test_a_form_of_before_still_works_where_the_verb_applies(incident: Incident, company: cast.Platform) -> None:
    seen = incident.timeline.latest("pk").pk
    lifecycle.acknowledge(incident, by(company.bo), NOW)
    assert browser(company.ana).post(address(incident, "mitigate"), {"kind": "", "seen": seen}).status_code == 302


def test_whoever_was_woken_answers_without_a_group(incident: Incident, company: cast.Platform) -> None:
    company.ana.groups.clear()
    client = browser(company.ana)
    text = client.get(address(incident)).content.decode()
    assert address(incident, "acknowledge") in text
    assert address(incident, "merge") not in text
    assert client.post(address(incident, "acknowledge")).status_code == 302
    company.bo.groups.clear()
    assert browser(company.bo).get(address(incident)).status_code == 403


def test_a_dialog_is_told_where_to_go(incident: Incident, company: cast.Platform) -> None:
    answer = browser(company.ana).post(address(incident, "acknowledge"), headers={"X-Dialog": "1"})
    assert (answer.status_code, answer["X-Location"]) == (204, address(incident))


def test_whoever_hides_it_from_themselves_is_not_sent_to_a_404(incident: Incident, company: cast.Platform) -> None:
    answer = browser(company.ana).post(address(incident, "acknowledge"), {"then": "now"})
    assert answer["Location"] == "/admin/"


def test_of_two_severities_the_second_is_told_of_the_first(incident: Incident, company: cast.Platform) -> None:
    seen = incident.timeline.latest("pk").pk
    one, three = (Severity.objects.get(level=level) for level in ("SEV-1", "SEV-3"))
    lifecycle.set_severity(incident, three, "a false measure", by(company.bo), later(1))
    form = {"severity": one.pk, "reason": "", "seen": seen}
    answer = browser(company.ana).post(address(incident, "severity"), form)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Since you opened this: Bo (" in text
    assert "a false measure" in text
    assert "Nothing was done" in text
    incident.refresh_from_db()
    assert incident.severity == three
    # Sent again it is done: what was told is known now.
    form["seen"] = incident.timeline.latest("pk").pk
    assert f'name="seen" value="{form["seen"]}"' in text
    assert browser(company.ana).post(address(incident, "severity"), form).status_code == 302


@pytest.mark.parametrize(("level", "asked"), [("SEV-1", False), ("SEV-2", False), ("SEV-3", True), ("SEV-4", True)])
def test_resolving_asks_for_the_one_sentence_where_the_severity_wants_it(
    incident: Incident, company: cast.Platform, level: str, asked: bool
) -> None:
    Incident.objects.filter(pk=incident.pk).update(severity=Severity.objects.get(level=level))
    client, words = browser(company.bo), "The pool needs a limit."
    dialog = client.get(address(incident, "resolve")).content.decode()
    assert ("What did we learn, in one sentence?" in dialog) is asked
    client.post(address(incident, "resolve"), {"lesson": words})
    incident.refresh_from_db()
    assert (incident.state, incident.lesson) == ("resolved", words if asked else "")
