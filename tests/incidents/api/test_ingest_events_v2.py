"""PagerDuty's Events API v2, as its clients know it."""

import json
from typing import Any

import pytest
from django.test import Client

from incidents import intake, integrations
from incidents.api import receiving
from incidents.api.budget import Budget
from incidents.models import Alert, InboxItem, Incident, Integration
from tests.incidents import alerting

pytestmark = pytest.mark.django_db

KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def integration(monkeypatch: pytest.MonkeyPatch) -> Integration:
    monkeypatch.setattr(receiving, "_budget", Budget())
    return integrations.create(alerting.service(), "Events", "pagerduty", alerting.NOW, key=KEY)[0]


def event(action: str = "trigger", **fields: Any) -> dict[str, Any]:
    payload = {"summary": "Disk full", "source": "db1", "severity": "critical"}
    return {"routing_key": KEY, "event_action": action, "payload": payload, **fields}


def enqueue(client: Client, body: Any, path: str = "/v2/enqueue", **extra: Any) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body)
    return client.generic("POST", path, raw, content_type="application/json", **extra)


@pytest.mark.parametrize("path", ["/v2/enqueue", "/v2/enqueue/"])
def test_a_trigger_is_202_with_its_dedup_key(client: Client, path: str) -> None:
    answer = enqueue(client, event(dedup_key="disk"), path)
    assert answer.status_code == 202
    assert answer.json() == {"status": "success", "message": "Event processed", "dedup_key": "disk"}
    assert InboxItem.objects.count() == 1


def test_a_missing_dedup_key_is_made_and_returned(client: Client) -> None:
    first, second = (enqueue(client, event()).json()["dedup_key"] for _ in range(2))
    assert first != second
    intake.drain(alerting.NOW)
    assert set(Alert.objects.values_list("dedup_key", flat=True)) == {first, second}


def test_trigger_acknowledge_resolve(client: Client) -> None:
    enqueue(client, event(dedup_key="disk"))
    intake.drain(alerting.NOW)
    for action, state in (("acknowledge", "acknowledged"), ("resolve", "resolved")):
        assert enqueue(client, {"routing_key": KEY, "event_action": action, "dedup_key": "disk"}).status_code == 202
        intake.drain(alerting.NOW)
        assert Incident.objects.get().state == state


@pytest.mark.parametrize("routing_key", [None, "", "short", "f" * 32, 7, ["x"], {"a": 1}, "é" * 32])
def test_a_wrong_routing_key_is_400_in_their_shape_never_401(client: Client, routing_key: Any) -> None:
    answer = enqueue(client, {**event(), "routing_key": routing_key})
    assert (answer.status_code, answer.json()["status"]) == (400, "invalid event")
    assert isinstance(answer.json()["errors"], list) and answer.json()["message"]
    assert not InboxItem.objects.exists()


def test_a_key_of_another_format_is_400(client: Client) -> None:
    _, key = alerting.sender(Integration.objects.get().service)
    assert enqueue(client, {**event(), "routing_key": key}).status_code == 400


def test_authorization_headers_are_ignored(client: Client) -> None:
    assert enqueue(client, event(), HTTP_AUTHORIZATION="Token wrong").status_code == 202


@pytest.mark.parametrize("body", [b"", b"{", b"not json", b"\xff"])
def test_what_is_not_json_is_unrecognized(client: Client, body: bytes) -> None:
    answer = enqueue(client, body)
    assert (answer.status_code, answer.json()["status"]) == (400, "Unrecognized object")


@pytest.mark.parametrize(
    "change",
    [
        {"event_action": "explode"},
        {"payload": None},
        {"payload": {"summary": "x", "source": "y", "severity": "fatal"}},
        {"payload": {"summary": "x" * 1025, "source": "y", "severity": "info"}},
        {"dedup_key": "k" * 256},
    ],
)
def test_an_invalid_event_says_what_is_wrong(client: Client, change: dict[str, Any]) -> None:
    answer = enqueue(client, {**event(), **change})
    assert (answer.status_code, answer.json()["status"]) == (400, "invalid event")
    assert answer.json()["errors"]


def test_too_large_is_413(client: Client) -> None:
    assert enqueue(client, b" " * (receiving.LIMIT_BYTES + 1)).status_code == 413


def test_over_the_limit_is_429_and_stores_nothing(client: Client, integration: Integration) -> None:
    integration.limit_per_minute = 2
    integration.save()
    integrations.forget_keys()
    answers = [enqueue(client, event()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert answers[2].json()["status"] == "throttle exceeded"
    assert answers[2].json()["errors"] and answers[2].json()["message"]
    assert InboxItem.objects.count() == 2


def test_get_is_405_without_redirect(client: Client) -> None:
    assert client.get("/v2/enqueue").status_code == 405


def test_the_same_event_by_our_own_address_with_the_key_outside_the_body(client: Client) -> None:
    body = event(dedup_key="disk")
    del body["routing_key"]
    assert enqueue(client, body, f"/api/v1/ingest/pagerduty/{KEY}/").status_code == 202
    assert enqueue(client, body, "/api/v1/ingest/pagerduty/", HTTP_AUTHORIZATION=f"Token {KEY}").status_code == 202
    assert enqueue(client, event(), "/api/v1/ingest/pagerduty/").status_code == 202
    assert enqueue(client, body, "/api/v1/ingest/pagerduty/").status_code == 400


def test_a_sliding_minute_does_not_double_at_its_boundary() -> None:
    at = [59.0]
    budget = Budget(lambda: at[0])
    assert [budget.spend(1, 3) for _ in range(4)] == [True, True, True, False]
    at[0] = 61.0
    assert budget.spend(1, 3)
    assert not budget.spend(1, 3)
    assert budget.spend(2, 3)
    at[0] = 200.0
    assert [budget.spend(1, 3) for _ in range(4)] == [True, True, True, False]
