"""Alertmanager's webhook and Grafana's: one alert a group by default, none of them lost for a detail."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from incidents.adapters import FORMATS, Options
from incidents.adapters.signal import Action, Parsed, Signal
from tests.incidents.adapters.payloads import GROUP_KEY, alertmanager, grafana

ALERTMANAGER = FORMATS["alertmanager"]


def parse(payload: object, **options: Any) -> Parsed:
    return ALERTMANAGER.parse(payload, Options(**options), lambda: "made")


def only(payload: object, **options: Any) -> Signal:
    parsed = parse(payload, **options)
    assert parsed.errors == []
    (signal,) = parsed.signals
    return signal


def test_a_group_is_one_alert_under_the_hash_of_its_group_key() -> None:
    signal = only(alertmanager())
    assert signal.action is Action.TRIGGER
    assert signal.dedup_key == hashlib.sha256(GROUP_KEY.encode()).hexdigest()
    assert signal.title == "Checkout fails for many"
    assert signal.severity == "critical"
    assert signal.source == "http://alertmanager:9093"
    assert signal.labels == {"alertname": "HighErrorRate", "service": "checkout"}
    assert signal.values == {"description": "7.3 % of requests fail (limit 1 %).", "alerts": "2"}
    assert signal.started_at == datetime(2026, 3, 2, 8, 14, tzinfo=UTC)
    assert signal.links[0] == {"href": "https://wiki.example.org/runbooks/high-error-rate", "text": "Runbook"}
    assert [link["text"] for link in signal.links] == ["Runbook", "Alertmanager", "Graph", "Graph"]


def test_the_groups_status_decides() -> None:
    payload = alertmanager(status="resolved")
    assert only(payload).action is Action.RESOLVE
    assert only(payload).dedup_key == only(alertmanager()).dedup_key


def test_only_firing_alerts_say_how_severe_it_is() -> None:
    payload = alertmanager()
    payload["alerts"][1]["status"] = "resolved"
    assert only(payload).severity == "warning"
    assert only(payload).started_at == datetime(2026, 3, 2, 8, 15, 30, 123456, UTC)


def test_the_integrations_own_words_decide_which_is_worse() -> None:
    payload = alertmanager()
    payload["alerts"][0]["labels"]["severity"] = "P1"
    assert only(payload).severity == "critical"
    assert only(payload, severity_map={"p1": "SEV-1", "critical": "SEV-2"}).severity == "p1"


def test_per_alert_makes_one_alert_each_with_its_own_status() -> None:
    payload = alertmanager()
    payload["alerts"][1]["status"] = "resolved"
    first, second = parse(payload, per_alert=True).signals
    assert (first.action, second.action) == (Action.TRIGGER, Action.RESOLVE)
    assert (first.severity, second.severity) == ("warning", "critical")
    assert first.dedup_key != second.dedup_key
    assert first.labels["instance"] == "web-1:9100"
    again = parse(alertmanager(), per_alert=True).signals
    assert [signal.dedup_key for signal in again] == [first.dedup_key, second.dedup_key]


def test_grafana_keeps_its_values_and_links() -> None:
    signal = only(grafana())
    assert signal.title == "This alert was triggered for zone us-1"
    assert signal.dedup_key == hashlib.sha256(b"{}:{}").hexdigest()
    assert signal.values["B"] == "44.23943737541908"
    assert signal.values["C"] == "1"
    assert [link["text"] for link in signal.links] == ["Runbook", "Grafana", "Panel", "Dashboard", "Graph", "Silence"]
    assert signal.started_at == datetime(2026, 10, 12, 7, 51, 3, 157076, UTC)


@pytest.mark.parametrize("version", ["4", "1", "3", 4, None])
def test_any_version_is_read(version: object) -> None:
    assert only(alertmanager(version=version)).title == "Checkout fails for many"


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"status": "burning"}, ["status"]),
        ({"status": None}, ["status"]),
        ({"status": ["firing"]}, ["status"]),
        ({"alerts": None}, ["alerts"]),
        ({"alerts": {}}, ["alerts"]),
        ({"status": "", "alerts": None}, ["status", "alerts"]),
    ],
)
def test_another_status_or_no_alerts_is_a_400(changes: dict[str, Any], fields: list[str]) -> None:
    parsed = parse(alertmanager(**changes))
    assert [error.field for error in parsed.errors] == fields
    assert ALERTMANAGER.answers.taken(parsed).status == 400


def test_an_empty_list_of_alerts_is_accepted() -> None:
    answer = ALERTMANAGER.answers.taken(parse(alertmanager(alerts=[])))
    assert (answer.status, answer.body) == (202, {"accepted": 0, "errors": []})


def test_the_group_key_is_taken_as_text_whatever_it_is() -> None:
    assert only(alertmanager(groupKey=7)).dedup_key == hashlib.sha256(b"7").hexdigest()


def test_without_a_group_key_the_group_still_has_a_lasting_key() -> None:
    firing, resolved = only(alertmanager(groupKey=None)), only(alertmanager(groupKey="", status="resolved"))
    assert firing.dedup_key == resolved.dedup_key != "made"


def test_a_group_of_several_problems_is_named_by_what_groups_it() -> None:
    payload = alertmanager(commonAnnotations={})
    payload["alerts"][0]["annotations"]["summary"] = "web-1 fails"
    assert only(payload).title == "HighErrorRate (service=checkout)"


def test_missing_common_labels_are_what_the_alerts_share() -> None:
    payload = alertmanager()
    del payload["commonLabels"], payload["commonAnnotations"]
    signal = only(payload)
    assert signal.labels == {"alertname": "HighErrorRate", "service": "checkout"}
    assert signal.title == "Checkout fails for many"


def test_an_alert_without_any_name_still_has_a_title() -> None:
    bare = {"status": "firing", "alerts": [{}]}
    assert only(bare).title == "Alert from Alertmanager"
    assert only(bare, per_alert=True).dedup_key == "made"


def test_a_bad_entry_is_named_and_the_others_are_taken() -> None:
    payload = alertmanager()
    payload["alerts"].insert(0, "no object")
    parsed = parse(payload)
    assert len(parsed.signals) == 1
    assert [(error.index, error.field) for error in parsed.errors] == [(0, "alerts")]


def test_a_script_for_a_runbook_is_no_link() -> None:
    payload = alertmanager(commonAnnotations={"runbook_url": "javascript:alert(1)"}, externalURL="data:x", alerts=[{}])
    assert only(payload).links == []


def test_a_group_too_large_for_its_fields_is_cut_not_refused() -> None:
    payload = alertmanager(commonLabels={f"label{n}": "v" * 5000 for n in range(100)})
    assert len(only(payload).labels) == 64
    assert len(only(payload).labels["label0"]) == 1000
