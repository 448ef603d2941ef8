"""Events v2: what PagerDuty's clients send is taken, and they get PagerDuty's own answers."""

from datetime import UTC, datetime
from typing import Any

import pytest

from incidents.adapters import FORMATS, Options, pagerduty
from incidents.adapters.body import BodyError
from incidents.adapters.signal import Action, Parsed
from tests.incidents.adapters.payloads import GROUP_KEY, events_v2

EVENTS_V2 = FORMATS["pagerduty"]


def parse(payload: object, **options: Any) -> Parsed:
    return EVENTS_V2.parse(payload, Options(**options), lambda: "made")


def with_payload(**changes: Any) -> dict[str, Any]:
    event = events_v2()
    event["payload"].update(changes)
    return event


def test_the_documented_event_is_read_whole() -> None:
    (signal,) = parse(events_v2()).signals
    assert signal.action is Action.TRIGGER
    assert signal.title == "Example alert on host1.example.com"
    assert signal.dedup_key == "samplekeyhere"
    assert signal.severity == "info"
    assert signal.source == "monitoringtool:host1"
    assert signal.labels == {
        "component": "postgres",
        "group": "prod-datapipe",
        "class": "deploy",
        "client": "Sample Monitoring Service",
    }
    assert signal.values == {"ping time": "1500ms", "load avg": "0.75", "tags": '["a","b"]'}
    assert signal.links == [
        {"href": "https://monitoring.service.com", "text": "Sample Monitoring Service"},
        {"href": "https://example.com/runbook", "text": "Runbook"},
        {"href": "https://example.com/", "text": "Chart"},
    ]
    assert signal.started_at == datetime(2015, 7, 17, 8, 42, 58, 315000, UTC)


def test_alertmanagers_own_sender_is_read() -> None:
    event = {
        "routing_key": "0123456789abcdef0123456789abcdef",
        "dedup_key": "a" * 64,
        "event_action": "trigger",
        "payload": {
            "summary": "[FIRING:1] HighErrorRate checkout (critical)",
            "source": "Alertmanager",
            "severity": "critical",
            "custom_details": {
                "firing": f"Labels:\n - alertname = HighErrorRate\nSource: {GROUP_KEY}",
                "num_firing": "1",
            },
        },
        "client": "Alertmanager",
        "client_url": "http://alertmanager:9093",
    }
    (signal,) = parse(event).signals
    assert signal.values["num_firing"] == "1"
    assert signal.values["firing"].startswith("Labels:\n - alertname")


def test_success_returns_the_dedup_key() -> None:
    answer = EVENTS_V2.answers.taken(parse(events_v2()))
    assert answer.status == 202
    assert answer.body == {"status": "success", "message": "Event processed", "dedup_key": "samplekeyhere"}


def test_a_missing_dedup_key_is_made_and_returned() -> None:
    event = events_v2()
    del event["dedup_key"]
    assert EVENTS_V2.answers.taken(parse(event)).body["dedup_key"] == "made"


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_acknowledge_and_resolve_need_no_payload(action: str) -> None:
    event = events_v2(event_action=action)
    del event["payload"]
    (signal,) = parse(event).signals
    assert signal.action == action


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (events_v2(routing_key=None), "'routing_key' is missing or blank"),
        (events_v2(routing_key="short"), "Length of 'routing_key' is incorrect (should be 32 characters)"),
        (events_v2(routing_key=["k"]), "'routing_key' must be a string"),
        (events_v2(event_action=""), "'event_action' is missing or blank"),
        (
            events_v2(event_action="change"),
            "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
        ),
        (events_v2(payload=None), "'payload' is missing or blank"),
        (events_v2(payload="text"), "'payload' must be an object"),
        (events_v2(dedup_key="k" * 256), "'dedup_key' is too long (maximum is 255 characters)"),
        (events_v2(event_action="resolve", dedup_key=None), "'dedup_key' is missing or blank"),
        (with_payload(summary=" "), "'payload.summary' is missing or blank"),
        (with_payload(summary="x" * 1025), "'payload.summary' is too long (maximum is 1024 characters)"),
        (with_payload(source=None), "'payload.source' is missing or blank"),
        (with_payload(severity=None), "'payload.severity' is missing or blank"),
        (
            with_payload(severity="page"),
            "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
        ),
    ],
)
def test_a_fault_is_named_in_pagerdutys_words(event: dict[str, Any], message: str) -> None:
    answer = EVENTS_V2.answers.taken(parse(event))
    assert answer.status == 400
    assert answer.body == {"status": "invalid event", "message": "Event object is invalid", "errors": [message]}
    assert answer.content_type == "application/json"


def test_every_fault_is_named_at_once() -> None:
    assert len(parse({"event_action": "trigger", "payload": {}}).errors) == 4


def test_the_longest_summary_and_key_are_taken() -> None:
    event = with_payload(summary="x" * 1024)
    event["dedup_key"] = "k" * 255
    assert parse(event).errors == []


def test_a_key_that_came_otherwise_is_not_asked_of_the_body() -> None:
    event = events_v2()
    del event["routing_key"]
    assert parse(event, key_in_body=False).errors == []
    assert pagerduty.routing_key(event) == ""
    assert pagerduty.routing_key(events_v2()) == "0123456789abcdef0123456789abcdef"


def test_an_odd_timestamp_does_not_lose_the_event() -> None:
    (signal,) = parse(with_payload(timestamp="yesterday")).signals
    assert signal.started_at is None


def test_what_is_not_json_is_an_unrecognized_object() -> None:
    answer = EVENTS_V2.answers.malformed(BodyError("Not JSON", 1, 1))
    assert answer.status == 400
    assert answer.body["status"] == "Unrecognized object"
    assert answer.body["errors"]


def test_json_that_is_no_object_is_an_invalid_event() -> None:
    assert EVENTS_V2.answers.taken(parse([events_v2()])).body["status"] == "invalid event"


def test_an_unknown_key_is_an_invalid_event_never_a_401() -> None:
    answer = EVENTS_V2.answers.bad_key()
    assert (answer.status, answer.body["status"]) == (400, "invalid event")


def test_throttling_is_a_429_with_a_time_to_wait() -> None:
    answer = EVENTS_V2.answers.throttled(30)
    assert (answer.status, answer.headers["Retry-After"], answer.body["status"]) == (429, "30", "throttle exceeded")
