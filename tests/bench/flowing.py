"""From a POST to its page, seen from outside: under a steady load, beside a flood on another key, and answered."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import requests

from tests.bench.figures import Figure
from tests.bench.run import Run
from tests.bench.running import KEY, late
from tests.oncall.provider import serving
from tests.services.ground import Ground, Postgres
from tests.services.running import LOOPBACK, Installation, press

OTHER_KEY = "services-suite-payments-key"
PATIENCE_SECONDS = 60.0
_PAGED = """
    SELECT 1 FROM incidents_alert AS a JOIN oncall_page AS p ON p.subject = 'incident:' || a.incident_id
    WHERE a.integration_id = %s AND a.dedup_key = %s
"""
# The load comes from a process of its own: the probes beside it shall not wait for it.
_STEADY = "load.send(port, load.post(PATH, EVENT), connections=64, seconds=seconds, rate=1000.0)"
_FLOOD = "load.send(port, hundred(PATH), connections=8, seconds=seconds)"
_SENDER = """
import sys
from tests.bench import load
from tests.bench.accepting import EVENT, PATH, hundred
port, seconds = int(sys.argv[1]), float(sys.argv[2])
{what}
"""


def figures(run: Run) -> list[Figure]:
    with serving() as provider:
        server = Postgres(Ground(Path(run.folder), provider))
        try:
            with server.installation() as running:
                running.start("web", "paging", "bulk", "beat")
                running.await_ready()
                answered = _answered(running, run.count(100))
                seconds = 3.0 if run.short else 10.0
                calm = _answers(running, OTHER_KEY, "calm", seconds)  # before anything is left to drain
                with _beside(running, _STEADY, seconds):
                    steady = _probed(running, KEY, "steady", seconds)
                with _beside(running, _FLOOD, seconds):
                    flooded = _probed(running, OTHER_KEY, "flooded", seconds)
                with _beside(running, _FLOOD, seconds):
                    beside = _answers(running, OTHER_KEY, "beside", seconds)
        finally:
            server.remove()
    return [
        Figure("acknowledged on the phone page, p99", late(answered, 0.99) * 1000, "ms", 50.0),
        Figure("POST → page row at 1,000 alerts/s, p50", late(steady, 0.5) * 1000, "ms"),
        Figure("POST → page row at 1,000 alerts/s, p99", late(steady, 0.99) * 1000, "ms", 100.0),
        Figure("POST → page row beside a flood on another key, p50", late(flooded, 0.5), "s"),
        Figure("POST → page row beside a flood on another key, p99", late(flooded, 0.99), "s", 1.0),
        Figure("POST answered, 50 a second, p95", late(calm, 0.95) * 1000, "ms"),
        Figure("POST answered beside a flood on another key, p95", late(beside, 0.95) * 1000, "ms"),
        Figure("… against its calm p95", late(beside, 0.95) / late(calm, 0.95), "x", 2.0),
    ]


def _answered(running: Installation, pages: int) -> list[float]:
    """Each page's own answer, its messages already there; seconds."""
    for number in range(pages):
        running.send(KEY, dedup_key=f"answer {number}")
    running.until(lambda: len(running.pages()) >= pages, 60, "every page arrived")
    took = []
    for message in running.pages():
        began = time.perf_counter()
        answer = press(message.link, "ack")
        took.append(time.perf_counter() - began)
        assert answer.status_code in (200, 302, 303), answer.status_code
    return took


@contextmanager
def _beside(running: Installation, what: str, seconds: float) -> Iterator[None]:
    """While another process sends for so long, and a second more."""
    command = [sys.executable, "-c", _SENDER.format(what=what), str(running.port), str(seconds + 1)]
    with subprocess.Popen(command) as sender:
        time.sleep(1.0)
        yield
        assert sender.wait(PATIENCE_SECONDS) == 0


def _probed(running: Installation, key: str, words: str, seconds: float) -> list[float]:
    """One alert after another for so long: how many seconds until each had its page, committed."""
    took: list[float] = []
    with psycopg.connect(running.environ["DATABASE_URL"], autocommit=True) as connection:
        integration = _integration(connection, key)
        until = time.perf_counter() + seconds
        while (began := time.perf_counter()) < until:
            name = f"{words} {len(took)}"
            running.send(key, dedup_key=name)
            while not connection.execute(_PAGED, [integration, name]).fetchone():
                assert time.perf_counter() < began + PATIENCE_SECONDS, "no page"
                time.sleep(0.001)
            took.append(time.perf_counter() - began)
    return took


def _answers(running: Installation, key: str, words: str, seconds: float) -> list[float]:
    """An alert each 20 ms for so long, over one connection: how many seconds until each was answered."""
    took: list[float] = []
    path, until = f"http://{LOOPBACK}:{running.port}/api/v1/ingest/generic/{key}/", time.perf_counter() + seconds
    with requests.Session() as session:
        while (began := time.perf_counter()) < until:
            answer = session.post(path, json={"summary": words, "dedup_key": words}, timeout=PATIENCE_SECONDS)
            took.append(time.perf_counter() - began)
            assert answer.status_code == 202, answer.text
            time.sleep(max(0.02 - took[-1], 0.0))
    return took


def _integration(connection: "psycopg.Connection[tuple[int]]", key: str) -> int:
    """By its service's name, which the key says."""
    slug = key.removeprefix("services-suite-").removesuffix("-key")
    row = connection.execute(
        "SELECT i.id FROM incidents_integration AS i JOIN incidents_service AS s ON s.id = i.service_id"
        " WHERE s.slug = %s AND i.format = 'generic'",
        [slug],
    ).fetchone()
    assert row, slug
    return row[0]
