"""Services, severities, integrations, silences and maintenance through the API."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from incidents import integrations
from incidents.models import Alert, Incident, Integration, Maintenance, Service, Severity, Silence
from tests import cast
from tests.calling import fields_of
from tests.cast import NOW

SPAN = {"from": "2026-01-14T10:00:00Z", "to": "2026-01-14T12:00:00Z"}
Body = dict[str, Any]


def new_integration(client: APIClient, **body: Any) -> Any:
    return client.post("/api/v1/integrations/", {"name": "Prod", "service": "checkout", "format": "generic", **body})


def test_a_service_is_made_as_documents_write_it(manager: APIClient, company: cast.Platform) -> None:
    body = {
        "name": "Search",
        "slug": "search",
        "description": "",
        "team": "platform",
        "escalation_policy": "platform",
        "severity_policies": {"SEV-1": "platform"},
        "default_severity": "SEV-2",
        "grouping_minutes": 0,
        "auto_resolve": False,
        "depends_on": ["checkout"],
        "user_facing": True,
        "runbook_url": "https://wiki.example.org/search",
    }
    assert manager.post("/api/v1/services/", body).json() == body
    assert manager.put("/api/v1/services/search/", body).json() == body
    changed = manager.patch("/api/v1/services/search/", {"severity_policies": {}, "depends_on": []}).json()
    assert (changed["severity_policies"], changed["depends_on"]) == ({}, [])
    kinds = set(Service.history.filter(slug="search").values_list("history_type", flat=True))
    assert kinds == {"+", "~"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"severity_policies": {"SEV-9": "platform"}}, "severity_policies.SEV-9"),
        ({"severity_policies": {"SEV-1": "nothing"}}, "severity_policies.SEV-1"),
        ({"severity_policies": []}, "severity_policies"),
        ({"depends_on": ["checkout"]}, "depends_on"),
        ({"runbook_url": "javascript:alert(1)"}, "runbook_url"),
        ({"grouping_minutes": -1}, "grouping_minutes"),
        ({"default_severity": "SEV-9"}, "default_severity"),
    ],
)
def test_a_bad_service_names_the_field(manager: APIClient, change: Body, field: str) -> None:
    answer = manager.patch("/api/v1/services/checkout/", change)
    assert answer.status_code == 400
    assert fields_of(answer) == [field]


def test_a_severity_is_shown_and_changed_as_documents_write_it(manager: APIClient) -> None:
    said = manager.get("/api/v1/severities/SEV-4/").json()
    assert said["response"] == "next_business_day"
    changed = manager.patch("/api/v1/severities/SEV-4/", {"response": 240, "aware": ["team_lead"]}).json()
    assert (changed["response"], changed["aware"]) == (240, ["team_lead"])
    assert manager.patch("/api/v1/severities/SEV-4/", {"response": None}).json()["response"] is None
    assert fields_of(manager.patch("/api/v1/severities/SEV-4/", {"response": "soon"})) == ["response"]
    assert fields_of(manager.patch("/api/v1/severities/SEV-4/", {"page": "maybe"})) == ["page"]


def test_a_severity_is_not_deleted(manager: APIClient) -> None:
    """As in the console: what incidents were called stays known."""
    assert manager.post("/api/v1/severities/", {"level": "SEV-9", "rank": 9, "name": "Odd"}).status_code == 201
    assert manager.delete("/api/v1/severities/SEV-9/").status_code == 405
    assert manager.get("/api/v1/severities/SEV-9/").status_code == 200


def test_an_integrations_key_is_shown_once_and_works(manager: APIClient) -> None:
    made = new_integration(manager, severity_map={"high": "SEV-1"}, limit_per_minute=60)
    assert made.status_code == 201
    key = made.json()["key"]
    assert integrations.find(key, "generic")
    for path in ("integrations/", "integrations/Prod/", f"integrations/{made.json()['id']}/"):
        assert key not in manager.get(f"/api/v1/{path}").content.decode()
    said = manager.get("/api/v1/integrations/Prod/").json()
    assert (said["key_prefix"], said["severity_map"], said["limit_per_minute"]) == (key[:8], {"high": "SEV-1"}, 60)
    assert key not in str(Integration.history.values())


def test_a_key_of_ones_own(manager: APIClient) -> None:
    key = "0123456789abcdef0123456789abcdef"
    assert new_integration(manager, format="pagerduty", key=key).json()["key"] == key
    assert fields_of(new_integration(manager, name="Other", key=key)) == ["key"]
    assert fields_of(new_integration(manager, name="Other", key="short")) == ["key"]
    assert fields_of(new_integration(manager, name="Other", format="pagerduty", key="a" * 33)) == ["key"]


def test_rotating_ends_the_old_key(manager: APIClient) -> None:
    old = new_integration(manager).json()["key"]
    answer = manager.post("/api/v1/integrations/Prod/rotate/")
    assert answer.status_code == 200
    assert integrations.find(answer.json()["key"], "generic")
    assert integrations.find(old, "generic") is None


def test_disabling_and_enabling(manager: APIClient) -> None:
    key = new_integration(manager).json()["key"]
    assert manager.post("/api/v1/integrations/Prod/disable/").json()["enabled"] is False
    assert integrations.find(key, "generic") is None
    assert manager.post("/api/v1/integrations/Prod/enable/").json()["enabled"] is True
    assert integrations.find(key, "generic")
    assert manager.patch("/api/v1/integrations/Prod/", {"enabled": False}).json()["enabled"] is False
    assert integrations.find(key, "generic") is None


def test_signing_is_asked_for_rotated_and_given_up(manager: APIClient) -> None:
    key = new_integration(manager).json()["key"]
    first = manager.post("/api/v1/integrations/Prod/sign/").json()
    assert (first["signed"], first["signing_secret"][:6]) == (True, "whsec_")
    second = manager.post("/api/v1/integrations/Prod/sign/").json()["signing_secret"]
    assert integrations.find(key, "generic").secrets == (second, first["signing_secret"])  # type: ignore[union-attr]
    assert "signing_secret" not in manager.post("/api/v1/integrations/Prod/drop_old_secret/").json()
    assert integrations.find(key, "generic").secrets == (second,)  # type: ignore[union-attr]
    assert fields_of(manager.post("/api/v1/integrations/Prod/sign/", {"secret": "short"})) == ["secret"]
    assert manager.post("/api/v1/integrations/Prod/unsign/").json()["signed"] is False
    assert integrations.find(key, "generic").secrets is None  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["rotate", "enable", "disable", "sign", "unsign", "drop_old_secret"])
def test_a_viewer_switches_nothing(viewer: APIClient, manager: APIClient, name: str) -> None:
    key = new_integration(manager).json()["key"]
    assert viewer.post(f"/api/v1/integrations/Prod/{name}/").status_code == 403
    assert integrations.find(key, "generic")


def test_a_name_that_two_services_have_needs_the_service(manager: APIClient, company: cast.Platform) -> None:
    cast.service("Search")
    new_integration(manager)
    new_integration(manager, service="search")
    answer = manager.get("/api/v1/integrations/Prod/")
    assert answer.status_code == 400
    assert fields_of(answer) == ["service"]
    assert manager.get("/api/v1/integrations/Prod/", {"service": "search"}).json()["service"] == "search"
    assert manager.post("/api/v1/integrations/Prod/disable/?service=search").json()["service"] == "search"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"severity_map": {"high": "SEV-9"}}, "severity_map.high"),
        ({"format": "smoke"}, "format"),
        ({"format": "heartbeat"}, "every_minutes"),
        ({"every_minutes": 5}, "every_minutes"),
        ({"limit_per_minute": 0}, "limit_per_minute"),
        ({"service": "nothing"}, "service"),
        ({"key_digest": "x"}, "key_digest"),
    ],
)
def test_a_bad_integration_names_the_field(manager: APIClient, change: Body, field: str) -> None:
    answer = new_integration(manager, **change)
    assert answer.status_code == 400
    assert fields_of(answer) == [field]
    assert not Integration.objects.exists()


def test_an_integration_keeps_its_service_format_and_key(manager: APIClient) -> None:
    new_integration(manager)
    cast.service("Search")
    for change in ({"service": "search"}, {"format": "pagerduty"}, {"key": "a" * 32}):
        assert fields_of(manager.patch("/api/v1/integrations/Prod/", change)) == list(change)


def test_two_integrations_of_a_service_have_two_names(manager: APIClient) -> None:
    new_integration(manager)
    assert new_integration(manager).status_code == 400


def test_a_silence_is_made_and_ends(responder: APIClient, company: cast.Platform) -> None:
    body = {"service": "checkout", "matchers": 'alertname="DiskFull"', "comment": "known", **SPAN}
    answer = responder.post("/api/v1/silences/", body)
    assert answer.status_code == 201
    made = answer.json()
    assert {name: made[name] for name in body} == body
    assert made["created_by"] == "responder1"
    assert responder.delete(f"/api/v1/silences/{made['id']}/").status_code == 204
    assert not Silence.objects.exists()


def test_ending_a_silence_early_lets_its_alerts_go(responder: APIClient, company: cast.Platform) -> None:
    silence = Silence.objects.create(service=company.service, starts_at=NOW, ends_at=NOW + timedelta(days=36_500))
    alert = Alert.objects.create(
        service=company.service,
        dedup_key="disk",
        title="Disk full",
        severity=Severity.objects.get(level="SEV-3"),
        silenced_until_at=silence.ends_at,
        **dict.fromkeys(["started_at", "first_seen_at", "last_seen_at"], NOW),
    )
    assert responder.delete(f"/api/v1/silences/{silence.pk}/").status_code == 204
    alert.refresh_from_db()
    assert alert.incident == Incident.objects.get()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"service": None, "matchers": ""}, "matchers"),
        ({"matchers": "nonsense"}, "matchers"),
        ({"matchers": 'a=~"(a+"'}, "matchers"),
        ({"to": SPAN["from"]}, "to"),
        ({"service": "nothing"}, "service"),
    ],
)
def test_a_bad_silence_names_the_field(responder: APIClient, change: Body, field: str) -> None:
    answer = responder.post("/api/v1/silences/", {"service": "checkout", **SPAN, **change})
    assert answer.status_code == 400
    assert fields_of(answer) == [field]


def test_maintenance_is_planned_and_moved(responder: APIClient) -> None:
    body = {"service": "checkout", "weekly": True, "repeat_until": "2026-06-01T00:00:00Z", "reason": "upgrade", **SPAN}
    made = responder.post("/api/v1/maintenance/", body).json()
    assert {name: made[name] for name in body} == body
    path = f"/api/v1/maintenance/{made['id']}/"
    assert fields_of(responder.patch(path, {"to": SPAN["from"]})) == ["to"]
    assert fields_of(responder.patch(path, {"weekly": False})) == ["repeat_until"]
    assert responder.patch(path, {"to": "2026-01-14T13:00:00Z"}).status_code == 200
    assert Maintenance.objects.get().history.count() == 2


def test_a_viewer_silences_nothing(viewer: APIClient) -> None:
    assert viewer.post("/api/v1/silences/", {"service": "checkout", **SPAN}).status_code == 403
    assert viewer.post("/api/v1/maintenance/", {"service": "checkout", **SPAN}).status_code == 403
