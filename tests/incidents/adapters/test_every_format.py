"""What holds for each format: no JSON breaks it, and every signal fits its columns and survives the inbox."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.adapters import FORMATS, Options
from incidents.adapters.body import decode
from incidents.adapters.reading import MAX_DEDUP_KEY, MAX_ENTRIES, MAX_LINKS, MAX_SOURCE, MAX_TITLE, MAX_VALUE, MAX_WORD
from incidents.adapters.signal import Parsed, Signal
from tests.incidents.adapters.payloads import alertmanager, events_v2, grafana

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = [
    *("summary", "dedup_key", "action", "severity", "source", "labels", "values", "links", "started_at"),
    *("status", "alerts", "groupKey", "commonLabels", "groupLabels", "commonAnnotations", "annotations", "startsAt"),
    *("generatorURL", "externalURL", "version", "title", "routing_key", "event_action", "payload", "custom_details"),
    *("images", "client", "client_url", "href", "text", "src"),
]
WORDS = st.sampled_from(["trigger", "resolve", "acknowledge", "firing", "resolved", "critical", "info", "k" * 32])


def objects(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.dictionaries(st.sampled_from(NAMES), inner, max_size=8)


likely = st.recursive(
    anything | WORDS | st.just("https://example.org/x") | st.just("2026-03-02T08:15:30Z"),
    lambda inner: objects(inner) | st.lists(inner, max_size=3),
    max_leaves=25,
)


def mutated(sample: dict[str, object]) -> st.SearchStrategy[object]:
    return st.dictionaries(st.sampled_from(sorted(sample)), likely, max_size=3).map(
        lambda changes: {**sample, **changes}
    )


payloads = likely | mutated(alertmanager()) | mutated(grafana()) | mutated(events_v2())


def assert_fits(parsed: Parsed) -> None:
    for signal in parsed.signals:
        assert 0 < len(signal.dedup_key) <= MAX_DEDUP_KEY
        assert len(signal.title) <= MAX_TITLE
        assert "\n" not in signal.title
        assert len(signal.severity) <= MAX_WORD
        assert signal.severity == signal.severity.lower()
        assert len(signal.source) <= MAX_SOURCE
        assert len(signal.labels) <= MAX_ENTRIES
        assert len(signal.values) <= MAX_ENTRIES
        assert all(len(text) <= MAX_VALUE for text in (*signal.labels.values(), *signal.values.values()))
        assert len(signal.links) <= MAX_LINKS
        assert all(link["href"].lower().startswith(("http://", "https://")) for link in signal.links)
        assert signal.started_at is None or signal.started_at.tzinfo is not None
        assert Signal.from_json(json.loads(json.dumps(signal.to_json()))) == signal


@settings(max_examples=200, deadline=None)
@given(payloads, st.sampled_from(sorted(FORMATS)), st.booleans(), st.booleans())
def test_no_json_breaks_an_adapter(payload: object, name: str, per_alert: bool, key_in_body: bool) -> None:
    value = decode(json.dumps(payload).encode())
    adapter = FORMATS[name]
    parsed = adapter.parse(value, Options(per_alert=per_alert, key_in_body=key_in_body), lambda: "made")
    assert_fits(parsed)
    answer = adapter.answers.taken(parsed)
    assert answer.status == (400 if parsed.errors and not parsed.signals else 202)
    json.dumps(answer.body, allow_nan=False)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_has_an_answer_for_each_case(name: str) -> None:
    answers = FORMATS[name].answers
    assert answers.too_large(524_288).status == 413
    assert answers.unsupported().status == 415
    assert answers.unavailable(5).status == 503
    assert answers.unavailable(5).headers["Retry-After"] == "5"
    assert answers.bad_key().status == (400 if name == "pagerduty" else 401)
    # Alertmanager's webhook gives up on 429: only a sender that expects it gets one.
    assert answers.throttled(5).status == (429 if name == "pagerduty" else 503)
