"""Clients that dawdle hold up nobody: neither with half a header nor with half a body."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.services.running import LOOPBACK, Installation

pytestmark = pytest.mark.services
KEY = "services-suite-checkout-key"
HEADERS, BODIES = 1_000, 100
SLOW = f"POST /api/v1/ingest/generic/{KEY}/ HTTP/1.1\r\nHost: {LOOPBACK}\r\nContent-Length: 1000\r\n\r\n{{"


@contextmanager
def dawdling(port: int, count: int, said: str) -> Iterator[list[socket.socket]]:
    """So many connections that have said this much and now say nothing."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection((LOOPBACK, port), timeout=15)) for _one in range(count)]
        for one in held:
            one.sendall(said.encode())
        yield held


def test_a_thousand_half_open_headers_keep_nobody_out_and_are_ended(quiet: Installation) -> None:
    with dawdling(quiet.port, HEADERS, "GET / HTTP/1.1\r\nHost: half") as held:
        began = time.monotonic()
        quiet.send(KEY, dedup_key="beside half headers", severity="info")
        assert time.monotonic() - began < 2
        assert b"HTTP/1.1 4" in held[0].recv(100) or not held[0].recv(100)
        assert time.monotonic() - began < 8


def test_more_slow_bodies_than_threads_keep_nobody_out_and_are_told(quiet: Installation) -> None:
    with dawdling(quiet.port, BODIES, SLOW) as held:
        began = time.monotonic()
        for number in range(5):
            quiet.send(KEY, dedup_key=f"beside slow bodies {number}", severity="info")
        assert time.monotonic() - began < 5
        assert held[0].recv(100).startswith(b"HTTP/1.1 408")
