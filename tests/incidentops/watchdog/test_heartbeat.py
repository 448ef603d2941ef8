"""The call that says "all well" elsewhere: its failure is logged without the address's secret parts."""

import pytest
from structlog.testing import capture_logs

from incidentops.watchdog import heartbeat
from tests.oncall.provider import serving


def test_a_call_is_one_get() -> None:
    with serving() as listener:
        assert heartbeat.call(f"http://127.0.0.1:{listener.port}/ping/secret-key?token=secret-too")
    assert [(one.method, one.path) for one in listener.requests] == [("GET", "/ping/secret-key?token=secret-too")]


@pytest.mark.parametrize("status", [0, 404, 500])
def test_a_failed_call_is_logged_without_its_keys(status: int) -> None:
    with serving() as listener, capture_logs() as lines:
        listener.status = status or 200
        port = listener.port if status else 1
        assert not heartbeat.call(f"http://someone:secret@127.0.0.1:{port}/ping/secret-key?token=secret-too")
    assert len(lines) == 1
    assert "127.0.0.1" in str(lines)
    assert "secret" not in str(lines)


def test_an_address_that_is_none_fails_and_raises_nothing() -> None:
    assert not heartbeat.call("ping me")
