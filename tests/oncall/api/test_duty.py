"""Overrides and leave through the API."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from oncall.models import Leave, Override
from tests import cast
from tests.calling import fields_of
from tests.cast import NOW

SPAN = {"from": "2026-01-14T10:00:00Z", "to": "2026-01-14T12:00:00Z"}
DURING = "2026-01-14T11:00:00Z"


def on_call(client: APIClient, at: str = DURING) -> list[str]:
    people: list[str] = client.get("/api/v1/schedules/platform/on-call/", {"at": at}).json()["layers"][0]["people"]
    return people


def test_an_override_replaces_somebody_for_its_hours(responder: APIClient, company: cast.Platform) -> None:
    with time_machine.travel(NOW, tick=False):
        body = {"schedule": "platform", "layer": "primary", "add": "cy", "remove": "ana", "reason": "swap", **SPAN}
        answer = responder.post("/api/v1/overrides/", body)
    assert answer.status_code == 201
    made = answer.json()
    assert {name: made[name] for name in body} == body
    assert made["created_by"] == "responder1"
    assert on_call(responder) == ["cy"]
    assert on_call(responder, "2026-01-14T12:00:00Z") == ["ana"]


def test_an_override_made_while_it_runs_splits_the_shift_at_that_instant(responder: APIClient) -> None:
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        body = {"schedule": "platform", "add": "cy", "remove": "ana", **SPAN}
        assert responder.post("/api/v1/overrides/", body).status_code == 201
        assert on_call(responder) == ["cy"]
        assert on_call(responder, "2026-01-14T10:30:00Z") == ["ana"], "the past stays as it was"


def test_taking_an_override_back_gives_the_hours_back(responder: APIClient, company: cast.Platform) -> None:
    with time_machine.travel(NOW, tick=False):
        made = responder.post("/api/v1/overrides/", {"schedule": "platform", "remove": "ana", **SPAN}).json()
        assert on_call(responder) == []
        assert responder.delete(f"/api/v1/overrides/{made['id']}/").status_code == 204
    assert on_call(responder) == ["ana"]
    assert not Override.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"schedule": "nothing"}, "schedule"),
        ({"layer": "tertiary"}, "layer"),
        ({"add": "nobody"}, "add"),
        ({"add": None}, "add"),
        ({"to": SPAN["from"]}, "to"),
        ({"from": "2026-01-14T10:00:00"}, "from"),
        ({"starts_at": SPAN["from"]}, "starts_at"),
        ({"reason": "x" * 201}, "reason"),
    ],
)
def test_a_bad_override_names_the_field(responder: APIClient, change: dict[str, Any], field: str) -> None:
    answer = responder.post("/api/v1/overrides/", {"schedule": "platform", "add": "cy", **SPAN, **change})
    assert answer.status_code == 400
    assert fields_of(answer) == [field]


def test_nobody_inactive_is_put_on_call(responder: APIClient, company: cast.Platform) -> None:
    company.cy.is_active = False
    company.cy.save()
    answer = responder.post("/api/v1/overrides/", {"schedule": "platform", "add": "cy", **SPAN})
    assert fields_of(answer) == ["add"]


def test_overrides_are_found_by_person_and_time(responder: APIClient, company: cast.Platform) -> None:
    cast.override(company.schedule, NOW, NOW + timedelta(hours=1), add=company.cy)
    cast.override(company.schedule, NOW + timedelta(days=1), NOW + timedelta(days=2), add=company.bo)

    def found(**query: str) -> list[str]:
        return [row["add"] for row in responder.get("/api/v1/overrides/", query).json()["results"]]

    assert found() == ["bo", "cy"]
    assert found(person="cy") == ["cy"]
    assert found(to_after="2026-01-15T00:00:00Z") == ["bo"]
    assert found(schedule="platform", from_before="2026-01-15T00:00:00Z") == ["cy"]


def test_leave_passes_the_turn_on_for_its_hours(responder: APIClient, company: cast.Platform) -> None:
    with time_machine.travel(NOW, tick=False):
        answer = responder.post("/api/v1/leave/", {"person": "ana", "reason": "dentist", **SPAN})
    assert answer.status_code == 201
    assert answer.json() == {"id": answer.json()["id"], "person": "ana", "reason": "dentist", **SPAN}
    assert on_call(responder) == ["bo"]
    assert responder.get("/api/v1/leave/", {"person": "ana"}).json()["results"][0]["reason"] == "dentist"


def test_leave_is_moved_and_taken_back(responder: APIClient, company: cast.Platform) -> None:
    with time_machine.travel(NOW, tick=False):
        made = responder.post("/api/v1/leave/", {"person": "ana", **SPAN}).json()
        path = f"/api/v1/leave/{made['id']}/"
        assert fields_of(responder.patch(path, {"to": "2026-01-14T09:00:00Z"})) == ["to"]
        assert responder.patch(path, {"to": "2026-01-14T10:30:00Z"}).status_code == 200
        assert on_call(responder) == ["ana"]
        assert responder.delete(path).status_code == 204
    assert not Leave.objects.exists()
