"""Heartbeat: every request is a ping, and the alert of a missed one is closed by the next."""

from datetime import UTC, datetime

import pytest

from incidents.adapters import FORMATS, Options
from incidents.adapters.heartbeat import missed
from incidents.adapters.signal import Action


@pytest.mark.parametrize("payload", [None, {}, [], "x", {"action": "trigger"}])
def test_any_body_is_a_ping(payload: object) -> None:
    (signal,) = FORMATS["heartbeat"].parse(payload, Options(), lambda: "made").signals
    assert signal.action is Action.RESOLVE
    assert not FORMATS["heartbeat"].reads_body


def test_a_ping_closes_what_a_missed_one_opened() -> None:
    last_ping_at = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
    alert = missed("Nightly backup", 30, last_ping_at)
    (ping,) = FORMATS["heartbeat"].parse(None, Options(), lambda: "made").signals
    assert alert.dedup_key == ping.dedup_key
    assert alert.action is Action.TRIGGER
    assert alert.title == "Nightly backup: no ping for 30 min"
    assert alert.severity == ""
    assert alert.started_at == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
