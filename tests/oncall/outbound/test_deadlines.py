"""No server and no name server holds a call beyond its deadline."""

import threading
import time

import pytest
from pytest_django.fixtures import Settings

from oncall.outbound import OutboundUnreachable, post
from tests.oncall.provider import drip, speaking

PATIENCE = 10  # seconds: a call that is not cut lasts for ever, a loaded machine takes its time


@pytest.mark.parametrize(
    ("scheme", "data", "repeat"),
    [
        ("http", b"", b""),
        ("http", b"", b"H"),
        ("http", b"HTTP/1.1 2", b""),
        ("https", b"", b""),
        ("https", b"\x16\x03\x03\x3f\xff", b"\x02"),
    ],
)
def test_a_server_that_drips_is_left_at_the_deadline(
    settings: Settings, scheme: str, data: bytes, repeat: bytes
) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with speaking(drip(data, repeat)) as port:
        started = time.monotonic()
        with pytest.raises(OutboundUnreachable):
            post(f"{scheme}://127.0.0.1:{port}/", b"", {}, timeout=0.6)
        assert time.monotonic() - started < PATIENCE


@pytest.mark.parametrize("repeat", [b"a", b"a\r\nA: b"])
def test_headers_that_drip_are_cut_at_the_deadline_and_the_status_counts(settings: Settings, repeat: bytes) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with speaking(drip(b"HTTP/1.1 200 OK\r\nX-A: ", repeat)) as port:
        started = time.monotonic()
        assert post(f"http://127.0.0.1:{port}/", b"", {}, timeout=1.5).status == 200
        assert time.monotonic() - started < PATIENCE


def test_endless_headers_end_the_call(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with speaking(drip(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1_000, b"")) as port, pytest.raises(OutboundUnreachable):
        post(f"http://127.0.0.1:{port}/", b"", {}, timeout=5)


def test_a_body_that_drips_is_cut_at_the_deadline_and_the_status_counts(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with speaking(drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", b"a")) as port:
        started = time.monotonic()
        assert post(f"http://127.0.0.1:{port}/", b"", {}, timeout=1.5).status == 200
        assert time.monotonic() - started < PATIENCE


def test_a_slow_name_server_does_not_outlast_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **kwargs: [answered.wait(5 * PATIENCE)][:0])
    started = time.monotonic()
    with pytest.raises(OutboundUnreachable):
        post("http://slow.test/", b"", {}, timeout=0.3)
    assert time.monotonic() - started < PATIENCE
    answered.set()
