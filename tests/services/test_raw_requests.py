"""Bytes that are no proper requests: told or hung up on in time, nothing of them taken, nobody else kept waiting."""

import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest
import requests

from tests.hostile.wire import Wire, cases
from tests.services.running import LOOPBACK, Installation

pytestmark = pytest.mark.services
KEY = "services-suite-checkout-key"
# A body has ten seconds, an idle connection less.
PATIENCE = 20


@dataclass
class Beside:
    """How long an ordinary request took, again and again."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


@contextmanager
def asking(url: str) -> Iterator[Beside]:
    """Somebody else, each time on a new connection."""
    done, beside = threading.Event(), Beside()

    def ask() -> None:
        while not done.wait(0.1):
            began = time.monotonic()
            beside.statuses[requests.get(f"{url}/healthz", timeout=PATIENCE).status_code] += 1
            beside.seconds.append(time.monotonic() - began)

    thread = threading.Thread(target=ask)
    thread.start()
    yield beside
    done.set()
    thread.join()


def answered(port: int, wire: Wire) -> bytes:
    """What came back until the server hung up, or fell silent after an answer. Raises TimeoutError if nothing came."""
    got = b""
    with socket.create_connection((LOOPBACK, port), timeout=PATIENCE) as connection:
        with suppress(BrokenPipeError, ConnectionResetError):  # it was answered before it ended
            connection.sendall(wire.sent)
        if wire.hangs_up:
            return got
        try:
            while part := connection.recv(65_536):
                got += part
                connection.settimeout(3)
        except ConnectionResetError:
            pass
        except TimeoutError:
            if not got:
                raise
    return got


def test_no_bytes_hang_break_or_deceive_the_server(quiet: Installation) -> None:
    every = cases(f"/api/v1/ingest/generic/{KEY}/", f"{LOOPBACK}:{quiet.port}")
    assert len({wire.name for wire in every}) == len(every) >= 120

    def tried(wire: Wire) -> tuple[str, list[int]]:
        try:
            said = answered(quiet.port, wire)
        except TimeoutError:
            return wire.name, [0]
        return wire.name, [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})", said)]

    with asking(quiet.url) as beside, ThreadPoolExecutor(24) as pool:
        answers = dict(pool.map(tried, every))
    statuses = {wire.name: answers[wire.name] for wire in every}
    assert {name: each for name, each in statuses.items() if 0 in each} == {}, "it hung"
    assert {name: each for name, each in statuses.items() if max(each, default=0) >= 500} == {}
    wrong = {wire.name: statuses[wire.name] for wire in every if statuses[wire.name].count(202) != wire.taken}
    assert wrong == {}
    assert set(beside.statuses) == {200}
    assert sorted(beside.seconds)[int(len(beside.seconds) * 0.95)] < 1

    def taken() -> set[str]:
        return {row["dedup_key"] for row in quiet.all("alerts/?limit=500") if row["dedup_key"].startswith("wire ")}

    good = {f"wire {wire.name}" for wire in every if wire.taken} | {"wire pipelined too"}
    quiet.until(lambda: taken() >= good, 30, "what was accepted is an alert", every=0.5)
    assert taken() == good, "nothing else was"
    assert [line for line in quiet.complaints() if "Traceback" in line] == []
