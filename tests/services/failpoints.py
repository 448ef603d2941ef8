"""kill -9 at every point between an alert and the mark that its page was sent, counted at the provider.

`python -m tests.services.failpoints 50` kills fifty times at each point and prints a table. The clock is the engine's
own: each kill has ten minutes to itself, so that leases run out without anybody waiting.
"""

import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import psycopg

from tests.oncall.provider import Provider, serving
from tests.services.ground import Ground, Postgres
from tests.services.running import ROOT, Installation, message

KEY = "services-suite-orders-key"
START = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
ALERTS = 3  # of each kill: what died, and its neighbours
LEASE = timedelta(seconds=61)
POINTS = tuple(re.findall(r'^    "([a-z]+, .+?)": lambda', Path(__file__).with_name("mortal.py").read_text(), re.M))
_AGAIN = """
    SELECT count(*) FROM incidents_timelineentry WHERE kind = 'sent' AND text LIKE '%%sent again%%' AND at >= %s
"""


@dataclass
class Tally:
    """What one point's kills came to. `late`: had not rung a second after the kill; `said`: lines that say "sent
    again"."""

    kills: int = 0
    alerts: int = 0
    lost: int = 0
    doubled: int = 0
    most: int = 0
    late: int = 0
    said: int = 0


class Mortal:
    """The engine of `mortal.py`."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.services.mortal"],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, do: str, at: datetime, **more: object) -> int:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(orjson.dumps({"do": do, "at": at.isoformat(), **more}).decode() + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(30)


def killed(mortal: Mortal, provider: Provider, point: str, at: datetime, tally: Tally) -> None:
    """One kill: alerts come, the engine dies over them, another one goes on."""
    before = len(provider.requests)
    events = [{"summary": "Down", "dedup_key": f"{at.isoformat()} {n}", "severity": "critical"} for n in range(ALERTS)]
    assert mortal.ask("accept", at, key=KEY, events=events) == 0
    status = mortal.ask("tick", at, die=point)
    assert status == -9, f"{point}: it ended with {status}"
    # Another worker, at once: it does what the dead one had not begun, and waits for no lease of the dead.
    assert mortal.ask("tick", at + timedelta(seconds=1), die="") == 0
    tally.late += ALERTS - len(rung(provider, before))
    assert mortal.ask("tick", at + LEASE, die="") == 0
    assert mortal.ask("tick", at + 3 * LEASE, die="") == 0
    keys = rung(provider, before)
    tally.kills += 1
    tally.alerts += ALERTS
    tally.lost += ALERTS - len(keys)
    tally.doubled += sum(times - 1 for times in keys.values())
    tally.most = max(tally.most, *keys.values())
    over = [{**event, "action": "resolve"} for event in events]
    assert mortal.ask("accept", at + 4 * LEASE, key=KEY, events=over) == 0
    assert mortal.ask("tick", at + 4 * LEASE, die="") == 0


def rung(provider: Provider, since: int) -> Counter[str]:
    """How often each page rang, by its idempotency key."""
    keys = (message(request).key for request in provider.requests[since:])
    return Counter(key for key in keys if key.startswith("page:"))


def play(installation: Installation, kills: int) -> dict[str, Tally]:
    """`kills` kills at each point; by point."""
    mortal = Mortal({**installation.environ, "REDIS_URL": "", "LOG_LEVEL": "CRITICAL"})
    tallies: dict[str, Tally] = {}
    at = START
    try:
        with psycopg.connect(installation.environ["DATABASE_URL"], autocommit=True) as database:
            for point in POINTS:
                tally = tallies[point] = Tally()
                began = at
                for _kill in range(kills):
                    killed(mortal, installation.provider, point, at, tally)
                    at += timedelta(minutes=10)
                found = database.execute(_AGAIN, [began]).fetchone()
                tally.said = found[0] if found else 0
    finally:
        mortal.close()
    return tallies


def main(kills: int) -> None:
    with serving() as provider, TemporaryDirectory() as folder:
        postgres = Postgres(Ground(Path(folder), provider))
        try:
            with postgres.installation() as installation:
                tallies = play(installation, kills)
        finally:
            postgres.remove()
    sys.stdout.write("killed at                              kills  alerts   lost    late  doubled  most  sent again\n")
    for point, tally in tallies.items():
        came = f"{tally.kills:>6}{tally.alerts:>8}{tally.lost:>7}{tally.late:>8}"
        sys.stdout.write(f"{point:<38}{came}{tally.doubled:>9}{tally.most:>6}{tally.said:>12}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
