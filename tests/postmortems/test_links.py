"""Done in one click from the mail: a page, then a button, for the person whose mail it was."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client

from oncall import keys
from oncall.models import User
from postmortems import actions, publishing
from postmortems.models import ActionItem, Postmortem
from tests import cast
from tests.postmortems.writing import LATER, action, whole


@pytest.fixture(autouse=True)
def later() -> Iterator[Any]:
    with time_machine.travel(LATER, tick=False) as clock:
        yield clock


@pytest.fixture
def client() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def item(postmortem: Postmortem, company: cast.Platform) -> ActionItem:
    return action(postmortem, company.ana, due_on=date(2026, 2, 20), description="Add the <index>")


def path(item: ActionItem, person: User) -> str:
    return urlsplit(keys.signed_link("action", item.pk, keys.reader_stamp(person.pk), LATER)).path


def status(item: ActionItem) -> str:
    return ActionItem.objects.get(pk=item.pk).status


def test_a_look_changes_nothing_and_the_button_does(item: ActionItem, company: cast.Platform, client: Client) -> None:
    where = path(item, company.ana)
    shown = client.get(where)
    assert (shown.status_code, status(item)) == (200, "open")
    assert b"Add the &lt;index&gt;" in shown.content
    assert client.head(where).status_code == 200
    answer = client.post(where, {"evidence": "see the plan <b>"})
    assert (answer.status_code, status(item)) == (200, "done")
    assert b"Done. Thank you." in answer.content
    assert b"see the plan &lt;b&gt;" in answer.content
    assert ActionItem.objects.get(pk=item.pk).evidence == "see the plan <b>"
    event = item.postmortem.events.get(kind="action", text__contains="done")
    assert event.actor == company.ana
    for each in (shown, answer):
        assert "no-store" in each["Cache-Control"]
        assert each["Referrer-Policy"] == "no-referrer"


def test_evidence_is_optional_and_who_said_so_is_kept(item: ActionItem, company: cast.Platform, client: Client) -> None:
    client.post(path(item, company.ana))
    assert ActionItem.objects.get(pk=item.pk).evidence == "Ana said so by the link of a reminder."


def test_what_is_done_is_said_kindly_and_done_once(item: ActionItem, company: cast.Platform, client: Client) -> None:
    where = path(item, company.ana)
    client.post(where, {"evidence": "first"})
    events = item.postmortem.events.count()
    for answer in (client.get(where), client.post(where, {"evidence": "second"})):
        assert answer.status_code == 200
        assert b"evidence: first" in answer.content.lower()
        assert b"<form" not in answer.content
    assert item.postmortem.events.count() == events
    assert b"It is done already" in client.get(where).content


def test_what_will_not_be_done_says_so(item: ActionItem, company: cast.Platform, client: Client) -> None:
    actions.decline(item, "the service is retired", company.zoe, LATER)
    where = path(item, company.ana)
    assert "It won’t be done" in client.get(where).content.decode()
    assert client.post(where).status_code == 409
    assert status(item) == "wont_do"


def test_whose_it_is_no_more_may_not(item: ActionItem, company: cast.Platform, client: Client) -> None:
    company.ana.groups.clear()
    where = path(item, company.ana)
    actions.assign(item, company.bo, "Ana is away", company.zoe, LATER)
    shown = client.get(where)
    assert b"now Bo" in shown.content
    assert b"<form" not in shown.content
    assert client.post(where).status_code == 403
    assert status(item) == "open"
    company.ana.groups.add(Group.objects.get(name="Manager"))
    assert client.post(where).status_code == 200, "the person's own right, judged now"
    assert status(item) == "done"


def test_who_left_or_may_not_see_it_any_more_finds_nothing(
    item: ActionItem, company: cast.Platform, client: Client
) -> None:
    incident = item.postmortem.incident
    assert incident is not None
    stranger, where = path(item, company.cy), path(item, company.ana)
    incident.private = True
    incident.save()
    assert (client.get(stranger).status_code, client.post(stranger).status_code) == (410, 410)
    incident.private = False
    incident.save()
    User.objects.filter(pk=company.ana.pk).update(is_active=False)
    assert (client.get(where).status_code, client.post(where).status_code) == (410, 410)
    assert status(item) == "open"


def test_private_words_are_not_on_the_page(item: ActionItem, company: cast.Platform, client: Client) -> None:
    ActionItem.objects.filter(pk=item.pk).update(owner=company.bo, description="zqwx", evidence="zqwx")
    incident = item.postmortem.incident
    assert incident is not None
    incident.private = True
    incident.save()
    where = path(item, company.bo)
    for answer in (client.get(where), client.post(where, {"evidence": "zqwx"})):
        assert answer.status_code == 200
        assert b"zqwx" not in answer.content
        assert item.postmortem.title.encode() not in answer.content
    assert status(item) == "done"


def test_it_holds_two_weeks(item: ActionItem, company: cast.Platform, client: Client, later: Any) -> None:
    where = path(item, company.ana)
    later.move_to(LATER + timedelta(days=14) - timedelta(seconds=1))
    assert client.get(where).status_code == 200
    later.move_to(LATER + timedelta(days=14))
    assert (client.get(where).status_code, client.post(where).status_code) == (410, 410)
    assert status(item) == "open"


def test_links_of_another_purpose_or_made_up_open_nothing(
    item: ActionItem, company: cast.Platform, client: Client
) -> None:
    whole_link = path(item, company.ana)
    wrong = [
        urlsplit(keys.signed_link("handoff", item.pk, keys.reader_stamp(company.ana.pk), LATER)).path,
        urlsplit(keys.reader_link("action", item.pk)).path,
        whole_link.replace("/l/A", "/l/B") if "/l/A" in whole_link else whole_link[:-3] + "A/",
        urlsplit(keys.signed_link("action", 2**63 - 1, keys.reader_stamp(company.ana.pk), LATER)).path,
        urlsplit(keys.signed_link("action", item.pk, "f" * 16, LATER)).path,
    ]
    for where in wrong:
        assert (client.get(where).status_code, client.post(where).status_code) == (410, 410), where
    assert status(item) == "open"


def test_the_last_action_done_from_the_mail_closes_the_postmortem(
    postmortem: Postmortem, company: cast.Platform, client: Client
) -> None:
    made = publishing.publish(whole(postmortem, company.ana), None, LATER)
    assert made.state == "published"
    only = made.actions.get()
    client.post(path(only, company.ana))
    assert Postmortem.objects.get(pk=made.pk).state == "closed"
