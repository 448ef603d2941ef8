"""Incidents through the API: lists, verbs, who may, what is refused, and what is not there at all."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from incidents.models import Incident, TimelineEntry
from oncall.models import Page
from tests import calling, cast
from tests.calling import fields_of
from tests.cast import NOW

Opened = Callable[..., Incident]


def verb(client: APIClient, incident: Incident | str, name: str, body: dict[str, Any] | None = None) -> Any:
    number = incident if isinstance(incident, str) else incident.number
    return client.post(f"/api/v1/incidents/{number}/{name}/", body or {})


def test_an_incident_is_shown_whole(viewer: APIClient, opened: Opened) -> None:
    said = viewer.get(f"/api/v1/incidents/{opened().number}/").json()
    expected = {
        "number": "INC-2026-0001",
        "title": "Database down",
        "state": "triggered",
        "severity": "SEV-2",
        "service": "checkout",
        "services": ["checkout"],
        "private": False,
        "roles": [],
        "started_at": "2026-01-14T09:00:00Z",
        "acknowledged_at": None,
        "alert_count": 1,
    }
    assert {name: said[name] for name in expected} == expected


def test_instants_are_utc_whatever_zone_the_reader_has(company: cast.Platform, opened: Opened) -> None:
    opened()
    client = APIClient()
    reader = calling.member("Viewer")
    reader.timezone = "Asia/Tokyo"
    reader.save()
    client.force_login(reader)
    assert client.get("/api/v1/incidents/").json()["results"][0]["opened_at"] == "2026-01-14T09:00:00Z"


def test_declaring_needs_only_a_title_and_a_service(responder: APIClient) -> None:
    answer = responder.post("/api/v1/incidents/", {"title": "Payments fail", "service": "checkout"})
    assert answer.status_code == 201
    said = answer.json()
    assert (said["severity"], said["state"], said["declared_by"]) == ("SEV-3", "triggered", "responder1")
    assert answer["Location"].endswith(f"/api/v1/incidents/{said['number']}/")
    entries = responder.get(f"/api/v1/incidents/{said['number']}/timeline/").json()["results"]
    assert (entries[0]["kind"], entries[0]["actor"], entries[0]["source"]) == ("declared", "responder1", "api")


def test_declaring_with_a_severity_and_in_private(responder: APIClient, viewer: APIClient) -> None:
    body = {"title": "Break-in", "service": "checkout", "severity": "SEV-1", "private": True}
    said = responder.post("/api/v1/incidents/", body).json()
    assert (said["severity"], said["private"]) == ("SEV-1", True)
    assert viewer.get(f"/api/v1/incidents/{said['number']}/").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 1025}, "title"),
        ({"service": "nothing"}, "service"),
        ({"service": None}, "service"),
        ({"severity": "SEV-9"}, "severity"),
        ({"state": "resolved"}, "state"),
        ({"private": "perhaps"}, "private"),
    ],
)
def test_a_bad_declaration_names_the_field(responder: APIClient, change: dict[str, Any], field: str) -> None:
    answer = responder.post("/api/v1/incidents/", {"title": "Down", "service": "checkout", **change})
    assert answer.status_code == 400
    assert fields_of(answer) == [field]
    assert not Incident.objects.exists()


def test_the_verbs_from_alarm_to_close(commander: APIClient, opened: Opened, company: cast.Platform) -> None:
    incident = opened()
    for name, body, state in [
        ("acknowledge", {}, "acknowledged"),
        ("note", {"text": "Looking at the replica."}, "acknowledged"),
        ("role", {"role": "commander", "person": "ana"}, "acknowledged"),
        ("severity", {"level": "SEV-3", "reason": "One region only."}, "acknowledged"),
        ("escalate", {}, "acknowledged"),
        ("page", {"person": "cy"}, "acknowledged"),
        ("mitigate", {"kind": "rollback"}, "mitigated"),
        ("resolve", {}, "resolved"),
        ("reopen", {"reason": "It is back."}, "triggered"),
        ("resolve", {}, "resolved"),
        ("close", {}, "closed"),
    ]:
        answer = verb(commander, incident, name, body)
        assert answer.status_code == 200, (name, answer.json())
        assert answer.json()["state"] == state, name
    said = answer.json()
    assert said["roles"][0]["role"] == "commander"
    assert said["roles"][0]["person"] == "ana"
    assert said["roles"][0]["to"] is not None, "closing ends the roles"
    assert (said["severity"], said["mitigation"], said["reopen_count"]) == ("SEV-3", "", 1)
    timeline = commander.get(f"/api/v1/incidents/{incident.number}/timeline/").json()["results"]
    mine = [entry["kind"] for entry in timeline if entry["actor"] == "commander1"]
    for kind in ("acknowledged", "note", "role", "severity", "mitigated", "resolved", "reopened", "closed"):
        assert kind in mine
    assert [entry["at"] for entry in timeline] == sorted(entry["at"] for entry in timeline)


def test_dismiss_and_merge(commander: APIClient, opened: Opened) -> None:
    first, second, third = opened(), opened("Database slow", key="slow"), opened("Noise", key="noise")
    merged = verb(commander, second, "merge", {"into": first.number}).json()
    assert (merged["state"], merged["merged_into"]) == ("closed", first.number)
    dismissed = verb(commander, third, "dismiss", {"reason": "A test."}).json()
    assert (dismissed["state"], dismissed["false_alarm"]) == ("closed", True)


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("severity", {"level": "SEV-9", "reason": "x"}, "level"),
        ("severity", {"reason": "x"}, "level"),
        ("severity", {"level": "SEV-3"}, "reason"),
        ("role", {"role": "king", "person": "ana"}, "role"),
        ("role", {"role": "scribe", "person": "nobody"}, "person"),
        ("role", {"role": "scribe"}, "person"),
        ("note", {}, "text"),
        ("note", {"text": "   "}, "text"),
        ("note", {"text": "x" * 10_001}, "text"),
        ("note", {"text": "x", "at": "2026-01-14T09:00:00"}, "at"),
        ("page", {}, "person"),
        ("page", {"person": "nobody"}, "person"),
        ("mitigate", {"kind": "magic"}, "kind"),
        ("reopen", {}, "reason"),
        ("dismiss", {"reason": ""}, "reason"),
        ("merge", {"into": "INC-2026-9999"}, "into"),
        ("merge", {}, "into"),
        ("acknowledge", {"force": True}, "force"),
    ],
)
def test_a_bad_argument_is_a_400_that_names_it(
    commander: APIClient, opened: Opened, name: str, body: dict[str, Any], field: str
) -> None:
    answer = verb(commander, opened(), name, body)
    assert answer.status_code == 400
    assert fields_of(answer) == [field]


@pytest.mark.parametrize(("name", "body"), [("close", {}), ("reopen", {"reason": "x"})])
def test_what_the_state_forbids_is_a_409(commander: APIClient, opened: Opened, name: str, body: dict[str, Any]) -> None:
    answer = verb(commander, opened(), name, body)
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_resolving_twice_is_a_409(responder: APIClient, opened: Opened) -> None:
    incident = opened()
    assert verb(responder, incident, "resolve").status_code == 200
    assert verb(responder, incident, "resolve").status_code == 409


def test_escalating_with_nothing_left_is_a_409(responder: APIClient, opened: Opened) -> None:
    incident = opened()
    Page.objects.update(step=99, round=99, due_at=None, exhausted_at=NOW)
    assert verb(responder, incident, "escalate").status_code == 409


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("acknowledge", {}),
        ("severity", {"level": "SEV-1", "reason": "x"}),
        ("severity", {}),
        ("role", {"role": "scribe", "person": "ana"}),
        ("note", {"text": "x"}),
        ("escalate", {}),
        ("page", {"person": "ana"}),
        ("mitigate", {}),
        ("resolve", {}),
        ("reopen", {"reason": "x"}),
        ("merge", {"into": "INC-2026-0001"}),
        ("dismiss", {"reason": "x"}),
        ("close", {}),
    ],
)
def test_a_viewer_and_a_read_token_do_nothing_to_an_incident(
    viewer: APIClient, opened: Opened, name: str, body: dict[str, Any]
) -> None:
    incident = opened()
    entries = TimelineEntry.objects.count()
    assert verb(viewer, incident, name, body).status_code == 403
    assert verb(calling.as_member("Incident commander", scope="read"), incident, name, body).status_code == 403
    incident.refresh_from_db()
    assert (incident.state, incident.severity.level) == ("triggered", "SEV-2")
    assert TimelineEntry.objects.count() == entries


def test_a_responder_does_not_command(responder: APIClient, opened: Opened) -> None:
    first, second = opened(), opened("Other", key="other")
    assert verb(responder, first, "merge", {"into": second.number}).status_code == 403
    verb(responder, first, "resolve")
    assert verb(responder, first, "close").status_code == 403


def test_a_viewer_declares_nothing(viewer: APIClient) -> None:
    answer = viewer.post("/api/v1/incidents/", {"title": "x", "service": "checkout"})
    assert answer.status_code == 403
    assert not Incident.objects.exists()


def test_an_incident_is_changed_by_verbs_only(commander: APIClient, opened: Opened) -> None:
    path = f"/api/v1/incidents/{opened().number}/"
    for call in (commander.put, commander.patch, commander.delete):
        assert call(path, {"state": "resolved"}).status_code == 405


def test_a_private_incident_and_what_hangs_on_it_is_not_there(
    commander: APIClient, opened: Opened, company: cast.Platform
) -> None:
    incident = opened("Break-in", private=True)
    other = opened("Open", key="open")
    assert commander.get(f"/api/v1/incidents/{incident.number}/").status_code == 404
    assert commander.get(f"/api/v1/incidents/{incident.number}/timeline/").status_code == 404
    assert verb(commander, incident, "acknowledge").status_code == 404
    assert fields_of(verb(commander, other, "merge", {"into": incident.number})) == ["into"]
    for noun in ("incidents", "alerts", "pages"):
        listed = commander.get(f"/api/v1/{noun}/").json()["results"]
        assert "Break-in" not in str(listed), noun
        assert len(listed) == 1, noun
    assert commander.get("/api/v1/alerts/", {"dedup_key": "disk"}).json()["results"] == []
    assert commander.get("/api/v1/pages/", {"incident": incident.number}).json()["results"] == []
    page = Page.objects.get(subject=incident.subject)
    assert commander.get(f"/api/v1/pages/{page.pk}/").status_code == 404


def test_security_and_those_on_it_see_a_private_incident(opened: Opened, company: cast.Platform) -> None:
    incident = opened("Break-in", private=True)
    path = f"/api/v1/incidents/{incident.number}/"
    assert calling.as_member("Security").get(path).status_code == 200
    company.ana.groups.add(Group.objects.get(name="Viewer"))
    client = calling.caller(company.ana)
    assert client.get(path).status_code == 404
    incident.responders.create(person=company.ana, added_at=NOW)
    assert client.get(path).status_code == 200


def test_filters(viewer: APIClient, opened: Opened, company: cast.Platform) -> None:
    first = opened("Database down", "SEV-1")
    second = opened("Search is slow", "SEV-3", key="slow", at=NOW + timedelta(hours=1))
    first.responders.create(person=company.ana, added_at=NOW)
    Incident.objects.filter(pk=second.pk).update(state="resolved", resolved_at=NOW + timedelta(hours=2))

    def found(**query: Any) -> list[str]:
        answer = viewer.get("/api/v1/incidents/", query)
        assert answer.status_code == 200, answer.json()
        return [row["title"].split()[0] for row in answer.json()["results"]]

    assert found() == ["Search", "Database"]
    assert found(state="triggered") == ["Database"]
    assert found(state=["triggered", "resolved"]) == ["Search", "Database"]
    assert found(open="true") == ["Database"]
    assert found(open="false") == ["Search"]
    assert found(severity="SEV-3") == ["Search"]
    assert found(severity="SEV-1,SEV-3") == ["Search", "Database"]
    assert found(service="checkout", team="platform") == ["Search", "Database"]
    assert found(service="other") == []
    assert found(person="ana") == ["Database"]
    assert found(dedup_key="slow") == ["Search"]
    assert found(search="DOWN data") == ["Database"]
    assert found(number=first.number) == ["Database"]
    assert found(opened_after="2026-01-14T10:00:00Z") == ["Search"]
    assert found(opened_before="2026-01-14T11:00:00+01:00") == ["Database"]
    assert found(resolved_after="2026-01-14T10:00:00Z") == ["Search"]
    assert viewer.get("/api/v1/incidents/", {"state": "asleep"}).status_code == 400


def test_pages_of_a_list_are_stable_while_incidents_open(viewer: APIClient, opened: Opened) -> None:
    for number in range(5):
        opened(f"Incident {number}", key=str(number))
    first = viewer.get("/api/v1/incidents/", {"limit": 2}).json()
    opened("Newer", key="newer")
    second = viewer.get(first["next"]).json()
    third = viewer.get(second["next"]).json()
    titles = [row["title"][-1] for answer in (first, second, third) for row in answer["results"]]
    assert titles == ["4", "3", "2", "1", "0"]
    assert third["next"] is None
    back = [row["title"][-1] for row in viewer.get(third["previous"]).json()["results"]]
    assert back == ["2", "1"]
