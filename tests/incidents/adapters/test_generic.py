"""The generic format: the good events of a batch are taken, the bad ones named."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from incidents.adapters import FORMATS, Options
from incidents.adapters.body import BodyError
from incidents.adapters.signal import Action, Parsed, Signal

GENERIC = FORMATS["generic"]


def parse(payload: object) -> Parsed:
    numbers = count(1)
    return GENERIC.parse(payload, Options(), lambda: f"made-{next(numbers)}")


def test_every_field_is_read() -> None:
    event = {
        "summary": "Disk full on db1",
        "dedup_key": "db1-disk",
        "action": "trigger",
        "severity": "CRITICAL",
        "source": "cron",
        "labels": {"host": "db1", "slot": 2},
        "values": {"used": 99.5},
        "links": ["https://grafana.example.org/d/1", {"href": "https://wiki.example.org/disk", "text": "Runbook"}],
        "started_at": "2026-01-05T10:00:00+01:00",
    }
    assert parse(event) == Parsed(
        [
            Signal(
                Action.TRIGGER,
                "Disk full on db1",
                "db1-disk",
                "critical",
                "cron",
                {"host": "db1", "slot": "2"},
                {"used": "99.5"},
                [
                    {"href": "https://grafana.example.org/d/1", "text": "https://grafana.example.org/d/1"},
                    {"href": "https://wiki.example.org/disk", "text": "Runbook"},
                ],
                datetime(2026, 1, 5, 9, tzinfo=UTC),
            )
        ]
    )


def test_without_a_key_every_event_is_a_new_alert() -> None:
    parsed = parse([{"summary": "a"}, {"summary": "a", "dedup_key": ""}, {"summary": "a", "dedup_key": None}])
    assert [signal.dedup_key for signal in parsed.signals] == ["made-1", "made-2", "made-3"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"summary": None}, "summary"),
        ({"summary": "  "}, "summary"),
        ({"summary": {"a": 1}}, "summary"),
        ({"action": "explode"}, "action"),
        ({"action": ["trigger"]}, "action"),
        ({"dedup_key": "k" * 256}, "dedup_key"),
        ({"dedup_key": ["k"]}, "dedup_key"),
        ({"action": "resolve"}, "dedup_key"),
        ({"labels": ["a"]}, "labels"),
        ({"values": "x"}, "values"),
        ({"links": "https://x.example"}, "links"),
        ({"started_at": "2026-01-05T10:00:00"}, "started_at"),
        ({"started_at": 5}, "started_at"),
    ],
)
def test_a_bad_field_is_named_and_its_neighbours_are_taken(changes: dict[str, Any], field: str) -> None:
    parsed = parse([{"summary": "good"}, {"summary": "bad", **changes}, {"summary": "good, too"}])
    assert [signal.title for signal in parsed.signals] == ["good", "good, too"]
    assert [(error.index, error.field) for error in parsed.errors] == [(1, field)]
    answer = GENERIC.answers.taken(parsed)
    assert answer.status == 202
    assert answer.body["accepted"] == 2
    assert answer.body["errors"][0].keys() == {"index", "field", "message"}


@pytest.mark.parametrize("payload", [{}, [], None, "text", 5, [[]], [{"summary": ""}]])
def test_none_good_is_a_400_with_problem_details(payload: object) -> None:
    answer = GENERIC.answers.taken(parse(payload))
    assert answer.status == 400
    assert answer.content_type == "application/problem+json"
    assert answer.body["accepted"] == 0
    assert answer.body["status"] == 400
    assert answer.body["errors"]


def test_a_long_summary_is_cut_not_refused() -> None:
    (signal,) = parse({"summary": "x" * 2000}).signals
    assert len(signal.title) == 1024
    assert signal.title.endswith("x…")


def test_255_characters_of_key_are_taken() -> None:
    (signal,) = parse({"summary": "a", "dedup_key": "k" * 255}).signals
    assert signal.dedup_key == "k" * 255


def test_events_beyond_a_thousand_are_not_dropped_in_silence() -> None:
    parsed = parse([{"summary": "a"}] * 1001)
    assert len(parsed.signals) == 1000
    assert [error.index for error in parsed.errors] == [1000]


def test_markup_stays_the_text_it_is() -> None:
    (signal,) = parse({"summary": "<b>=cmd|' /C calc'!A0</b>", "links": ["javascript:alert(1)"]}).signals
    assert signal.title == "<b>=cmd|' /C calc'!A0</b>"
    assert signal.links == []


def test_a_body_that_is_no_json_is_told_where() -> None:
    answer = GENERIC.answers.malformed(BodyError("Not JSON: Expecting value", 2, 8))
    assert answer.status == 400
    assert answer.body["detail"] == "Not JSON: Expecting value at line 2, column 8"


def test_a_bad_key_is_a_401() -> None:
    assert GENERIC.answers.bad_key().headers == {"WWW-Authenticate": "Token"}
