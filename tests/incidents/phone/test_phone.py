"""The page on a phone: what it says, what its buttons do, and that looking changes nothing."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlparse

import pytest
import time_machine
from django.test import Client

from incidents import lifecycle
from incidents.models import Incident, Severity, TimelineEntry
from oncall import keys
from oncall.engine import dispatch, escalate
from oncall.models import Notification, Page
from oncall.paging import Actor
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(settings: Any) -> cast.Platform:
    settings.CONSOLE_TRANSPORT = True
    return cast.platform()


@pytest.fixture
def incident(company: cast.Platform) -> Incident:
    severity = Severity.objects.get(level="SEV-2")
    by = Actor(None, "test", "engine")
    made = lifecycle.declare("Checkout is <b>slow</b>", company.service, by, NOW, severity=severity)
    escalate.run(NOW)
    dispatch.run(NOW)
    return made


def link(incident: Incident, person: Any, now: Any = NOW) -> str:
    page = Page.objects.get(subject=incident.subject)
    return urlparse(keys.page_link(page.pk, person.pk if person else None, now)).path


def post(path: str, act: str, now: Any = NOW, **data: str) -> Any:
    with time_machine.travel(now, tick=False):
        return Client(enforce_csrf_checks=True).post(path, {"act": act, **data})


def get(path: str, now: Any = NOW) -> Any:
    with time_machine.travel(now, tick=False):
        return Client().get(path)


def test_it_says_what_is_broken_and_what_happens_next(incident: Incident, company: cast.Platform) -> None:
    answer = get(link(incident, company.ana))
    text = answer.content.decode()
    assert answer.status_code == 200
    for words in ("SEV-2", "Checkout is &lt;b&gt;slow", incident.number, "Ana", "Bo", "5:00", "WET"):
        assert words in text
    assert len(answer.content) < 30_000
    assert "<script" not in text


def test_it_is_kept_out_of_referrers_indexes_and_caches(incident: Incident, company: cast.Platform) -> None:
    answer = get(link(incident, company.ana))
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    assert "no-store" in answer["Cache-Control"]
    assert "script-src 'self'" in answer["Content-Security-Policy"]


def test_looking_changes_nothing(incident: Incident, company: cast.Platform) -> None:
    before = (TimelineEntry.objects.count(), list(Notification.objects.values()), list(Page.objects.values()))
    for query in ("", "?act=ack", "?said=resolve"):
        get(link(incident, company.ana) + query)
    assert (TimelineEntry.objects.count(), list(Notification.objects.values()), list(Page.objects.values())) == before
    incident.refresh_from_db()
    assert incident.state == "triggered"


def test_acknowledge_takes_it_in_the_persons_name(incident: Incident, company: cast.Platform) -> None:
    path = link(incident, company.ana)
    answer = post(path, "ack")
    assert answer.status_code == 303
    incident.refresh_from_db()
    assert (incident.state, incident.acknowledged_by) == ("acknowledged", company.ana)
    assert "You have it" in get(answer["Location"]).content.decode()
    assert TimelineEntry.objects.filter(incident=incident, actor=company.ana, source="phone").exists()


def test_acknowledge_stops_the_next_step(incident: Incident, company: cast.Platform) -> None:
    post(link(incident, company.ana), "ack")
    later = NOW + timedelta(minutes=30)
    escalate.run(later)
    assert not Notification.objects.filter(person=company.bo, kind="page").exists()


@pytest.mark.parametrize(("act", "state"), [("resolve", "resolved"), ("dismiss", "closed"), ("note", "triggered")])
def test_each_button_goes_through_its_door(incident: Incident, company: cast.Platform, act: str, state: str) -> None:
    assert post(link(incident, company.ana), act, text="looks like the cache").status_code == 303
    incident.refresh_from_db()
    assert incident.state == state


def test_escalate_now_pages_the_next_step(incident: Incident, company: cast.Platform) -> None:
    post(link(incident, company.ana), "escalate")
    escalate.run(NOW)
    assert Notification.objects.filter(person=company.bo, kind="page").exists()


def test_pass_on_gives_it_back_and_pages_the_next(incident: Incident, company: cast.Platform) -> None:
    path = link(incident, company.ana)
    post(path, "ack")
    post(path, "pass_on")
    escalate.run(NOW)
    incident.refresh_from_db()
    assert incident.state == "triggered"
    assert Notification.objects.filter(person=company.bo, kind="page").exists()


def test_a_link_of_another_day_opens_nothing(incident: Incident, company: cast.Platform) -> None:
    path = link(incident, company.ana)
    late = NOW + timedelta(hours=25)
    assert get(path, late).status_code == 410
    assert post(path, "ack", late).status_code == 410
    incident.refresh_from_db()
    assert incident.state == "triggered"


def test_a_changed_token_opens_nothing(incident: Incident, company: cast.Platform) -> None:
    path = link(incident, company.ana)
    for position in (5, 12, len(path) - 3):
        other = "A" if path[position] != "A" else "B"
        assert get(path[:position] + other + path[position + 1 :]).status_code == 410


def test_somebody_who_left_opens_nothing(incident: Incident, company: cast.Platform) -> None:
    company.ana.is_active = False
    company.ana.save()
    assert get(link(incident, company.ana)).status_code == 410


def test_a_late_second_answer_is_told_who_has_it(incident: Incident, company: cast.Platform) -> None:
    post(link(incident, company.ana), "ack")
    assert "Ana has it" in get(link(incident, company.bo)).content.decode()


def test_what_the_state_forbids_is_said(incident: Incident, company: cast.Platform) -> None:
    path = link(incident, company.ana)
    post(path, "resolve")
    answer = post(path, "ack")
    assert answer.status_code == 409
    assert "over" in answer.content.decode()


def test_a_link_in_a_shared_channel_acts_without_a_name(incident: Incident, company: cast.Platform) -> None:
    assert post(link(incident, None), "ack").status_code == 303
    incident.refresh_from_db()
    assert (incident.state, incident.acknowledged_by) == ("acknowledged", None)


def test_an_unknown_button_is_refused(incident: Incident, company: cast.Platform) -> None:
    assert post(link(incident, company.ana), "drop").status_code == 400
