"""What the same PostgreSQL does at best, measured in the same run: the physical limit beside a figure."""

import re
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import psycopg

# About what an alert takes in the inbox.
BODY = '{"summary": "Error rate above 5 %", "labels": {"host": "db1.example.org", "job": "node"}}'.ljust(450, "x")
# Both ways in, INSERT and COPY, fill the same table.
_TABLE = """
    CREATE TABLE IF NOT EXISTS bench_rows
        (id bigserial PRIMARY KEY, integration_id bigint, received_at timestamptz, body text)
"""
_INSERT = f"INSERT INTO bench_rows (integration_id, received_at, body) VALUES (1, now(), '{BODY}');\n"
_COPY = "COPY bench_rows (integration_id, received_at, body) FROM STDIN"
_CLAIM = """
    WITH due AS (
        SELECT id FROM bench_due WHERE due_at <= '2026-01-01' ORDER BY rank, due_at LIMIT 500 FOR UPDATE SKIP LOCKED
    )
    UPDATE bench_due SET due_at = '2026-02-01' FROM due WHERE bench_due.id = due.id
"""


@dataclass(eq=False)
class Limits:
    """Each is measured when it is first asked for, then kept. `url` is a database that may be written to."""

    url: str
    seconds: float = 3.0
    rows: int = 100_000
    _commits: dict[int, float] = field(default_factory=dict)

    def insert_commits(self, clients: int) -> float:
        """Single-row INSERTs, each committed, a second, by so many connections."""
        if clients not in self._commits:
            self._commits[clients] = self._pgbench(clients)
        return self._commits[clients]

    @cached_property
    def copied_rows(self) -> float:
        """Rows a second by COPY, one connection."""
        lines = b"".join(b"%d\t2026-01-01\t%s\n" % (number, BODY.encode()) for number in range(self.rows))
        with psycopg.connect(self.url) as connection, connection.cursor() as cursor:
            cursor.execute(_TABLE)
            connection.commit()
            began = time.perf_counter()
            with cursor.copy(_COPY) as copy:
                copy.write(lines)
            connection.commit()
            return self.rows / (time.perf_counter() - began)

    @cached_property
    def claimed_rows(self) -> float:
        """Due rows a second that plain SQL claims and makes no longer due, 500 to a commit, one connection."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "CREATE TABLE bench_due (id bigserial PRIMARY KEY, rank int, due_at timestamptz, body text)"
            )
            connection.execute(
                "INSERT INTO bench_due (rank, due_at, body) SELECT n %% 4, timestamptz '2025-12-01' + n * interval"
                " '1 second', %s FROM generate_series(1, %s) AS n",
                [BODY, self.rows],
            )
            connection.execute("CREATE INDEX ON bench_due (rank, due_at) WHERE due_at IS NOT NULL")
            connection.execute("ANALYZE bench_due")
            began, done = time.perf_counter(), 0
            while claimed := connection.execute(_CLAIM).rowcount:
                done += claimed
            return done / (time.perf_counter() - began)

    def _pgbench(self, clients: int) -> float:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(_TABLE)
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(_INSERT)
            file.flush()
            said = subprocess.run(
                [
                    *(_pgbench(), "--no-vacuum", "--protocol=prepared", f"--file={file.name}", f"--client={clients}"),
                    *(f"--jobs={min(clients, 2)}", f"--time={max(round(self.seconds), 1)}", self.url),
                ],
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            ).stdout
        found = re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)
        assert found, said
        return float(found[1])


def _pgbench() -> str:
    """PostgreSQL's own load generator; Debian keeps it beside the server."""
    beside = sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))
    found = shutil.which("pgbench") or (str(beside[-1]) if beside else "")
    if not found:
        raise FileNotFoundError("pgbench, which comes with PostgreSQL's server, is needed to measure the limits.")
    return found
