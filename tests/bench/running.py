"""A whole installation measured from outside: how soon a message follows an alert, and its memory."""

import statistics
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.run import Run
from tests.oncall.provider import serving
from tests.services.ground import Ground, Postgres
from tests.services.running import Installation

KEY = "services-suite-orders-key"
SCREENS = (
    *("healthz", "readyz", "metrics", "api/v1/incidents/", "api/v1/alerts/", "api/v1/notifications/"),
    "admin/login/",
)


def figures(run: Run) -> list[Figure]:
    with serving() as provider:
        server = Postgres(Ground(Path(run.folder), provider))
        try:
            with server.installation() as running:
                began = time.monotonic()
                running.start("web", "paging", "bulk", "beat", "watchdog")
                running.await_ready()
                started = Figure("processes ready after their start", time.monotonic() - began, "s")
                return [started, *_calm(running, run.count(100)), _memory(running)]
        finally:
            server.remove()


def _calm(running: Installation, pages: int) -> list[Figure]:
    """Alerts one by one, each its own incident: when the message was a row, and when the provider had it."""
    answers = []
    for number in range(pages):
        began = time.perf_counter()
        running.send(KEY, dedup_key=f"latency {number}")
        answers.append(time.perf_counter() - began)
        time.sleep(0.15)
    running.until(lambda: len(running.pages()) >= pages, 30, "every page arrived")
    opened = {page["id"]: page["opened_at"] for page in running.all("pages/")}
    rows = [{**row, "opened_at": opened[row["page"]]} for row in running.all("notifications/?kind=page")]
    sent = _between(rows, "opened_at", "sent_at")
    return [
        Figure("POST answered, calm, p95", late(answers, 0.95) * 1000, "ms"),
        Figure("alert → message as a row, calm, p95", late(_between(rows, "opened_at", "created_at"), 0.95), "s"),
        Figure("alert → message at the provider, calm, p50", statistics.median(sent), "s", 0.2),
        Figure("alert → message at the provider, calm, p99", late(sent, 0.99), "s", 1.0),
    ]


def late(seconds: Sequence[float], part: float) -> float:
    """The value below which `part` of them lie."""
    ordered = sorted(seconds)
    return ordered[min(int(len(ordered) * part), len(ordered) - 1)]


def _between(rows: Sequence[dict[str, str]], start: str, end: str) -> list[float]:
    return [(datetime.fromisoformat(row[end]) - datetime.fromisoformat(row[start])).total_seconds() for row in rows]


def _memory(running: Installation) -> Figure:
    """Of all processes and their children, after a look around."""
    for path in SCREENS:
        running.asked(f"{running.url}/{path}")
    return Figure("resident memory: web, two workers, beat, watchdog", sum(running.memory_mb().values()), "MB")
