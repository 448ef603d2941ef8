"""Silences: Alertmanager's matchers, and until when they hold."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.logic.silences import MatcherError, Silence, labels_of, matches, parse, silenced_until

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LABELS = {"alertname": "HighErrorRate", "severity": "warning", "service": "checkout", "path": 'a"b, c'}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('alertname="HighErrorRate"', True),
        ('{alertname="HighErrorRate", severity=~"warning|info"}', True),
        ("severity=warning", True),
        ("severity = warning , service=checkout", True),
        ('severity="warning"\nservice!="checkout"', False),
        ('severity!~"crit.*", service="checkout"', True),
        ('severity=~"warn"', False),
        ('service="checkout", missing=""', True),
        ('service="checkout", missing!=""', False),
        (r'path="a\"b, c"', True),
        (r'path=~"a\"b,\s\w"', True),
        ('"alertname"="HighErrorRate"', True),
        ('service="checkout",', True),
    ],
)
def test_matchers_hold_as_alertmanagers_do(text: str, holds: bool) -> None:
    assert matches(parse(text), LABELS) is holds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "At least one"),
        ("{}", "At least one"),
        ("service", "Expected name="),
        ('service="a" severity="b"', "Expected name="),
        ('service="a', "Expected name="),
        ('="a"', "Expected name="),
        ('service=~"("', "closing"),
        ('service=~".*"', "silence everything"),
        ('service!="x"', "silence everything"),
        ("a=b," * 40, "At most 32"),
        ("a" * 5000, "At most 4000"),
    ],
)
def test_a_wrong_matcher_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(MatcherError, match=message):
        parse(text)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_matchers_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except MatcherError:
        return
    matches(found, LABELS)


def test_matchers_are_written_as_they_are_read() -> None:
    found = parse('{service="check\\"out", "odd name"=~"a|b"}')
    assert parse(", ".join(map(str, found))) == found


def test_no_matchers_match_nothing() -> None:
    assert not matches((), LABELS)


def test_what_we_know_of_an_alert_can_be_matched_and_its_own_labels_win() -> None:
    labels = labels_of(
        {"severity": "warning"}, service="checkout", title="Down", severity="SEV-3", source="cron", integration="Events"
    )
    assert matches(parse('service="checkout", title=~"D.*", source="cron", integration="Events"'), labels)
    assert labels["severity"] == "warning"


def test_a_silence_holds_from_its_beginning_to_before_its_end() -> None:
    silence = Silence(parse('service="checkout"'), NOON, NOON + timedelta(hours=1))
    assert silenced_until([silence], LABELS, NOON - timedelta(seconds=1)) is None
    assert silenced_until([silence], LABELS, NOON) == NOON + timedelta(hours=1)
    assert silenced_until([silence], LABELS, NOON + timedelta(hours=1)) is None
    assert silenced_until([silence], {"service": "search"}, NOON) is None


def test_silences_that_touch_are_one() -> None:
    first = Silence(parse('service="checkout"'), NOON, NOON + timedelta(hours=1))
    second = Silence(parse('severity="warning"'), NOON + timedelta(hours=1), NOON + timedelta(hours=2))
    other = Silence(parse('severity="info"'), NOON + timedelta(hours=2), NOON + timedelta(hours=3))
    assert silenced_until([other, second, first], LABELS, NOON) == NOON + timedelta(hours=2)
