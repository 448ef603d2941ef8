"""The demo company goes as it came: whole, with its past, and nothing of anybody else's."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from incidentops import demo
from incidents import lifecycle
from incidents.models import Alert, Incident, Integration, Service, Severity
from oncall.engine import escalate, shifts
from oncall.models import EscalationPolicy, Notification, Page, Schedule, Shift, Team, User
from oncall.paging import Actor
from tests import cast

pytestmark = pytest.mark.django_db
SOMEBODY = Actor(None, "somebody", "command")
KEY = "demo-key-of-the-checkout-service"
DOCUMENT = f"""
users: [{{username: ana}}, {{username: bo}}, {{username: cy}}, {{username: dee}}, {{username: zoe}}]
teams: [{{name: Platform}}]
schedules: [{{name: Platform, slug: platform}}]
---
escalation_policies: [{{name: Platform}}]
services: [{{name: Checkout, slug: checkout}}]
integrations: [{{name: Pager, service: checkout, format: pagerduty, key: x}},
               {{name: Curl, service: checkout, format: generic, key: {KEY}}}]
"""


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[cast.Platform]:
    (tmp_path / "company.yaml").write_text(DOCUMENT)
    monkeypatch.setattr(demo, "FILE", tmp_path / "company.yaml")
    yield cast.platform()


def past(service: Service) -> Incident:
    """An incident of that service, paged and told, as one finds it after an hour."""
    incident = lifecycle.declare("It broke", service, SOMEBODY, cast.NOW, Severity.objects.get(level="SEV-2"))
    shifts.run(cast.NOW)
    escalate.run(cast.NOW)
    return incident


def test_the_company_goes_with_its_past(company: cast.Platform) -> None:
    past(company.service)
    assert Notification.objects.exists()
    out = io.StringIO()
    call_command("demo", "remove", stdout=out)
    for model in (Service, Incident, Alert, Page, Notification, Shift, EscalationPolicy, Schedule, Team, User):
        assert not model.objects.exists(), model
    assert "1 incidents" in out.getvalue()
    assert "5 people" in out.getvalue()
    call_command("demo", "remove", stdout=out)
    assert "nothing of the demo left" in out.getvalue()


def test_it_does_not_come_back_by_itself(company: cast.Platform) -> None:
    demo.remove()
    assert not demo.untouched()


def test_what_is_somebody_elses_stays(company: cast.Platform) -> None:
    mine = cast.service("Mine", policy=cast.policy("Mine", [(0, [cast.to_user(cast.person("me"))])]))
    past(mine)
    boss = User.objects.create_superuser("boss", "boss@example.org", "x")
    company.team.lead = boss
    company.team.save()
    pages = Page.objects.count()
    demo.remove()
    assert list(Service.objects.all()) == [mine]
    assert (Incident.objects.count(), Page.objects.count()) == (1, pages)
    assert set(User.objects.values_list("username", flat=True)) == {"me", "boss"}


def test_a_part_that_others_need_keeps_everything(company: cast.Platform) -> None:
    cast.service("Mine", policy=company.policy)
    cast.schedule("Ours", {"primary": [company.ana]})
    with pytest.raises(CommandError, match="schedule Ours; service Mine"):
        call_command("demo", "remove")
    assert Service.objects.count() == 2


def test_a_role_of_theirs_in_another_incident_keeps_everything(company: cast.Platform) -> None:
    incident = past(cast.service("Mine", policy=cast.policy("Mine", [(0, [cast.to_user(cast.person("me"))])])))
    lifecycle.assign_role(incident, "commander", company.ana, SOMEBODY, cast.NOW)
    with pytest.raises(CommandError, match="Nothing was removed"):
        call_command("demo", "remove")
    assert Service.objects.filter(slug="checkout").exists()


def test_the_key_of_the_curl_is_the_files_while_its_integration_takes_it(company: cast.Platform) -> None:
    assert demo.key() is None
    curl = Integration.objects.create(service=company.service, name="Curl", format="generic", key_digest="d")
    assert demo.key() == KEY
    curl.enabled = False
    curl.save()
    assert demo.key() is None
