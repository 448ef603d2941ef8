"""A whole installation measured from outside: how soon a page follows an alert, how many alerts it takes, its memory.

    python -m tests.bench.bench_running [embedded]

On the PostgreSQL and Redis of the services suite, or (`embedded`) on SQLite and a folder. A script, not a test.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

import requests

from tests.oncall.provider import serving
from tests.services.ground import Ground, Postgres, embedded
from tests.services.running import Installation

KEY = "services-suite-orders-key"
ONE_KEY = "services-suite-checkout-key"
PAGES = 60
SENDERS = 8
STORM_SECONDS = 8.0
SCREENS = (
    "healthz",
    "readyz",
    "metrics",
    "api/v1/incidents/",
    "api/v1/alerts/",
    "api/v1/notifications/",
    "admin/login/",
)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def spread(what: str, seconds: Sequence[float]) -> None:
    ordered = sorted(seconds)
    middle, late = statistics.median(ordered), ordered[int(len(ordered) * 0.95)]
    say(f"{what:<48} median {middle * 1000:6.0f} ms   95 % {late * 1000:6.0f} ms   most {ordered[-1] * 1000:6.0f} ms")


def between(rows: Sequence[dict[str, str]], start: str, end: str) -> list[float]:
    return [(datetime.fromisoformat(row[end]) - datetime.fromisoformat(row[start])).total_seconds() for row in rows]


def latency(running: Installation) -> None:
    """Alerts one by one, each its own incident: when the message was a row, and when it was sent."""
    answers = []
    for number in range(PAGES):
        began = time.perf_counter()
        running.send(KEY, dedup_key=f"latency {number}")
        answers.append(time.perf_counter() - began)
        time.sleep(0.15)
    running.until(lambda: len(running.pages()) >= PAGES, 30, "every page arrived")
    spread("POST answered", answers)
    opened = {page["id"]: page["opened_at"] for page in running.all("pages/")}
    rows = [{**row, "opened_at": opened[row["page"]]} for row in running.all("notifications/?kind=page")]
    spread("POST to the page's message as a row", between(rows, "opened_at", "created_at"))
    spread("POST to the page taken by the provider", between(rows, "opened_at", "sent_at"))


def storm(running: Installation) -> None:
    """As many alerts on one key as it takes in a few seconds."""
    body = {"summary": "Error rate above 5 %", "dedup_key": "storm", "severity": "error"}
    url, until = f"{running.url}/api/v1/ingest/generic/{ONE_KEY}/", time.monotonic() + STORM_SECONDS

    def send(_sender: int) -> int:
        taken = 0
        with requests.Session() as session:
            while time.monotonic() < until:
                taken += session.post(url, json=body, timeout=15).status_code == 202
        return taken

    with ThreadPoolExecutor(SENDERS) as senders:
        taken = sum(senders.map(send, range(SENDERS)))
    say(f"accepted over HTTP by {SENDERS} senders {taken / STORM_SECONDS:>14,.0f}/s   ({taken} in all)")
    waited = running.until(
        lambda: sum(row["count"] for row in running.all("alerts/?dedup_key=storm")) == taken, 60, "all is drained"
    )
    say(f"the drain was done {waited:.1f} s after the last one")


def memory(running: Installation) -> None:
    """Of each process with its children, after a look around."""
    for path in SCREENS:
        running.asked(f"{running.url}/{path}")
    used = running.memory_mb()
    parts = ", ".join(f"{name} {mb:.0f}" for name, mb in used.items())
    say(f"resident memory {sum(used.values()):.0f} MB: {parts}")


def installation(ground: Ground, place: str) -> tuple[AbstractContextManager[Installation], Postgres | None]:
    if place == "embedded":
        return embedded(ground), None
    server = Postgres(ground)
    return server.installation(), server


def main(place: str) -> None:
    say(f"{place}: web, two workers, beat")
    with serving() as provider, tempfile.TemporaryDirectory(prefix="bench-running-") as folder:
        made, server = installation(Ground(Path(folder), provider), place)
        try:
            with made as running:
                began = time.monotonic()
                running.start("web", "paging", "bulk", "beat")
                running.await_ready()
                say(f"ready {time.monotonic() - began:.0f} s after the start")
                try:
                    latency(running)
                    storm(running)
                    memory(running)
                except AssertionError:
                    say(running.said())
                    raise
        finally:
            if server:
                server.remove()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "postgresql")
