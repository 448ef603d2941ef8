"""The set-up checklist of the first page: what data show, what a person says, and that it goes once all is done."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from incidents.models import SetupTick
from oncall.models import EscalationStep, Page, StepRun, User
from postmortems.admin.steps import CHECKLIST
from tests import cast
from tests.postmortems.writing import LATER

SignIn = Callable[[User], Client]


@pytest.fixture
def index() -> str:
    return reverse("admin:index")


def left(client: Client) -> list[str]:
    caches["process"].clear()
    found = client.get(reverse("admin:index")).context["checklist"]
    return [step.key for step in found.left]


def tick(client: Client, key: str, **more: str) -> Any:
    return client.post(reverse("admin:setup_step", args=[key]), more)


def test_all_that_is_to_be_set_up_is_on_the_list() -> None:
    assert [step.key for step in CHECKLIST] == [
        *("severities", "escalation", "fallback", "commanders", "clocks", "tracker", "weekly", "monthly")
    ]


def test_a_tick_says_who_and_when_and_can_be_taken_back(company: cast.Platform, browser: SignIn, index: str) -> None:
    client = browser(company.zoe)
    assert "severities" in left(client)
    answer = tick(client, "severities")
    assert answer["Location"] == f"{index}#setup"
    made = SetupTick.objects.get()
    assert (made.step, made.by, made.by_name, made.at) == ("severities", company.zoe, "Zoe", LATER)
    assert "severities" not in left(client)
    tick(client, "severities")
    assert SetupTick.objects.get() == made
    assert "Zoe, " in client.get(index).content.decode()
    tick(client, "severities", undo="1")
    assert "severities" in left(client)


def test_data_show_the_rest(company: cast.Platform, browser: SignIn, settings: Any) -> None:
    client = browser(company.zoe)
    settings.FALLBACK_CHANNEL_URL = ""
    company.dee.groups.clear()
    assert {"escalation", "fallback", "commanders", "tracker"} <= set(left(client))
    settings.FALLBACK_CHANNEL_URL = "mailto:ops@example.org"
    company.dee.groups.add(Group.objects.get(name="Incident commander"))
    company.team.tracker_url = "https://tracker.example.org/new"
    company.team.save()
    assert set(left(client)) & {"escalation", "fallback", "commanders", "tracker"} == {"escalation"}


def test_an_escalation_is_tested_once_its_second_step_was_answered(company: cast.Platform, browser: SignIn) -> None:
    client = browser(company.zoe)
    page = Page.objects.create(
        subject="test:1", title="T", severity_label="SEV-2", started_at=LATER, opened_at=LATER, acknowledged_at=LATER
    )
    StepRun.objects.create(page=page, round=1, step=1, ran_at=LATER, reached=1)
    assert "escalation" in left(client)
    StepRun.objects.create(page=page, round=1, step=2, ran_at=LATER, reached=1)
    assert EscalationStep.objects.exists()
    assert "escalation" not in left(client)


def test_it_stays_until_all_is_done_and_then_goes(
    company: cast.Platform, browser: SignIn, settings: Any, index: str
) -> None:
    client = browser(company.zoe)
    settings.FALLBACK_CHANNEL_URL = "mailto:ops@example.org"
    company.dee.groups.add(Group.objects.get(name="Incident commander"))
    for key in left(client):
        assert "steps done" in client.get(index).content.decode()
        assert tick(client, key).status_code == 302
    assert left(client) == []
    assert "steps done" not in client.get(index).content.decode()


def test_only_who_sets_up_sees_and_ticks_it(company: cast.Platform, browser: SignIn, index: str) -> None:
    for person in (company.ana, company.cy, company.dee):
        client = browser(person)
        assert client.get(index).context["checklist"] is None
        assert tick(client, "severities").status_code == 403
    assert Client().post(reverse("admin:setup_step", args=["severities"])).status_code == 302
    assert not SetupTick.objects.exists()


@pytest.mark.parametrize(("key", "status"), [("nothing-known", 404), ("fallback", 404), ("commanders", 404)])
def test_what_is_no_step_or_only_shown_by_data_cannot_be_ticked(
    company: cast.Platform, browser: SignIn, key: str, status: int
) -> None:
    assert tick(browser(company.zoe), key).status_code == status
    assert not SetupTick.objects.exists()


def test_looking_ticks_nothing(company: cast.Platform, browser: SignIn) -> None:
    assert browser(company.zoe).get(reverse("admin:setup_step", args=["weekly"])).status_code == 405
    assert not SetupTick.objects.exists()
