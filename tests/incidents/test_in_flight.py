"""Who answers is told whose telephone may ring nevertheless: on the phone page, in the console and by the API."""

from urllib.parse import urlparse

import pytest
import time_machine
from django.test import Client
from rest_framework.test import APIClient

from incidents import lifecycle
from incidents.models import Incident, Severity
from oncall import keys
from oncall.engine import claims, escalate
from oncall.models import Notification, Page, User
from oncall.paging import Actor
from tests import cast
from tests.calling import member
from tests.cast import NOW
from tests.incidents.admin.looking import address

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(db: None) -> cast.Platform:
    return cast.platform()


@pytest.fixture
def under_way(company: cast.Platform) -> Incident:
    """Bo's message is being handed to the provider; Cy's waits."""
    policy = cast.policy("Two", [(0, [cast.to_user(company.bo), cast.to_user(company.cy)])])
    company.service.escalation_policy = policy
    company.service.save()
    by = Actor(None, "test", "engine")
    made = lifecycle.declare("Slow", company.service, by, NOW, severity=Severity.objects.get(level="SEV-2"))
    escalate.run(NOW)
    assert claims.take(Notification.objects.get(person=company.bo).pk, NOW) is not None
    return made


def at_the_phone(incident: Incident, act: str) -> str:
    """The page after the button, as its sender sees it."""
    page = Page.objects.get(subject=incident.subject)
    path = urlparse(keys.page_link(page.pk, None, NOW)).path
    with time_machine.travel(NOW, tick=False):
        answer = Client().post(path, {"act": act})
        assert answer.status_code == 303
        return str(Client().get(answer["Location"]).content.decode())


@pytest.mark.parametrize(("act", "done"), [("ack", "You have it."), ("resolve", "Resolved.")])
def test_the_phone_page_names_who_may_still_be_reached(under_way: Incident, act: str, done: str) -> None:
    text = at_the_phone(under_way, act)
    assert done in text
    assert "1 message stopped." in text
    assert "Already on its way: to Bo." in text


def test_the_phone_page_names_nobody_of_another_incident(under_way: Incident, company: cast.Platform) -> None:
    other = lifecycle.declare("Other", company.service, Actor(None, "test", "engine"), NOW)
    page = Page.objects.get(subject=other.subject)
    key = Notification.objects.get(person=company.bo).pk
    path = urlparse(keys.page_link(page.pk, None, NOW)).path
    with time_machine.travel(NOW, tick=False):
        text = Client().get(f"{path}?said=ack&moving={key}.x.{'9' * 30}").content.decode()
    assert "You have it." in text
    assert "Already on its way" not in text


@pytest.mark.parametrize("verb", ["acknowledge", "resolve"])
def test_the_api_names_who_may_still_be_reached(under_way: Incident, verb: str) -> None:
    client = APIClient()
    client.force_login(member("Responder"))
    answer = client.post(f"/api/v1/incidents/{under_way.number}/{verb}/").json()
    assert (answer["number"], answer["messages_stopped"], answer["in_flight"]) == (under_way.number, 1, ["Bo"])


def test_the_console_and_the_timeline_name_who_may_still_be_reached(under_way: Incident) -> None:
    user: User = member("Responder")
    client = Client()
    client.force_login(user)
    answer = client.post(address(under_way, "acknowledge"), follow=True)
    assert "On its way already: to Bo." in answer.content.decode()
    said = under_way.timeline.get(kind="acknowledged").text
    assert said.endswith("1 message was stopped; already being sent: to Bo.")
