"""Accepting over HTTP: real web processes, one alert a request and a hundred, answers compared with rows."""

from collections.abc import Callable
from pathlib import Path

import psycopg

from tests.bench import load
from tests.bench.figures import Figure
from tests.bench.run import Run
from tests.oncall.provider import serving
from tests.services.ground import Ground, Postgres
from tests.services.running import Installation

KEY = "services-suite-orders-key"
PATH = f"/api/v1/ingest/generic/{KEY}/"
EVENT = (
    '{"summary": "Error rate above 5 % on checkout", "dedup_key": "NUMBER", "severity": "error", "source": "probe",'
    ' "labels": {"host": "db1.example.org", "job": "node", "team": "platform", "region": "eu-west-1"},'
    ' "values": {"rate": "5.2", "threshold": "5"}, "links": ["https://grafana.example.org/d/checkout?panel=4"]}'
)
CONNECTIONS = 64


def figures(run: Run) -> list[Figure]:
    with serving() as provider:
        server = Postgres(Ground(Path(run.folder), provider))
        try:
            with server.installation() as running:
                running.start("web")
                running.until(lambda: _answers(running), 60, "the web process answers")
                return [*_singles(run, running), *_hundreds(run, running)]
        finally:
            server.remove()


def _singles(run: Run, running: Installation) -> list[Figure]:
    seconds, request = (2.0 if run.short else 8.0), load.post(PATH, EVENT)
    load.send(running.port, request, connections=CONNECTIONS, seconds=1.0)
    before, busy = _rows(running), _busy_seconds()
    tally = load.send(running.port, request, connections=CONNECTIONS, seconds=seconds, first=1_000_000)
    used = _busy_seconds() - busy - tally.cpu_seconds
    assert dict(tally.statuses) == {"202": _rows(running) - before}, (tally.statuses, _rows(running) - before)
    commits = run.limits.insert_commits(4)
    took = sorted(tally.took)
    return [
        Figure(
            f"single alerts accepted, {CONNECTIONS} connections",
            *(tally.accepted / tally.seconds, "/s", 3_000, commits, "INSERT commits, 4 clients", 0.33),
        ),
        Figure("… CPU of all processes but the sender's, each", used / tally.accepted * 1000, "ms", 0.7),
        Figure("… answered, p50", took[len(took) // 2] * 1000, "ms"),
        Figure("… answered, p99", took[len(took) * 99 // 100] * 1000, "ms"),
    ]


def _hundreds(run: Run, running: Installation) -> list[Figure]:
    seconds = 2.0 if run.short else 8.0
    before = _rows(running)
    tally = load.send(running.port, hundred(PATH), connections=16, seconds=seconds)
    assert dict(tally.statuses) == {"202": _rows(running) - before}
    copied = run.limits.copied_rows
    value = tally.accepted * 100 / tally.seconds
    return [Figure("alerts accepted in hundreds", value, "/s", 80_000, copied, "COPY rows, 1 client", 0.5)]


def hundred(path: str) -> Callable[[int], bytes]:
    """Requests of a hundred alerts each, their keys new with each request."""
    events = [EVENT.replace("NUMBER", f"NUMBER-{position}") for position in range(100)]
    text = f"[{','.join(events)}]"
    length = len(text.encode()) + 4 * 100
    lines = (
        f"POST {path} HTTP/1.1\r\nHost: {load.LOOPBACK}\r\nContent-Type: application/json\r\nContent-Length: {length}"
    )
    parts = f"{lines}\r\n\r\n{text}".encode().split(b"NUMBER")
    return lambda number: (b"%010d" % number).join(parts)


def _answers(running: Installation) -> bool:
    try:
        return load.send(running.port, load.post("/nothing", ""), connections=1, seconds=0.01).seconds > 0
    except OSError:
        return False


def _rows(running: Installation) -> int:
    with psycopg.connect(running.environ["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT count(*) FROM incidents_inboxitem").fetchone()
    assert row
    return int(row[0])


def _busy_seconds() -> float:
    """What all processors of the machine have worked since its start, whoever had them work."""
    ticks = [int(word) for word in Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]]
    idle = ticks[3] + ticks[4]
    return (sum(ticks[:8]) - idle) / 100
