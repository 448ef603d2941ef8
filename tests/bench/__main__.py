"""Every speed of the product beside the physical limit of the same run: one command, one table, one JSON file.

    python -m tests.bench [WORK…] [--short] [--times N] [--json FILE]

On the PostgreSQL and Redis of DATABASE_URL and REDIS_URL (default: those on loopback); databases are made and removed.
A figure is the median of N runs (3), each in a process and a database of its own. `--short` is one small run: it shows
that everything still measures, its figures mean little. Exit status 1: a target was missed.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import orjson

from tests.bench.figures import Figure, as_json, middle, table
from tests.bench.run import ANSWER

# Each is a module of this folder with `figures(run: Run) -> list[Figure]`.
WORKS = ("accepting", "draining", "sweeping", "idling", "lists", "engine", "flowing", "running")
LONGEST_SECONDS = 600


def measured(work: str, short: bool) -> list[Figure]:
    """One run of one work. Raises RuntimeError with what it said where it failed."""
    command = [sys.executable, "-m", "tests.bench.run", work, *(["--short"] if short else [])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False)
    answer = next((line for line in done.stdout.splitlines() if line.startswith(ANSWER)), "")
    if done.returncode or not answer:
        raise RuntimeError(f"{work} failed\n{done.stdout}\n{done.stderr}")
    names = {field.name for field in fields(Figure)}
    rows = orjson.loads(answer.removeprefix(ANSWER))
    return [Figure(**{name: value for name, value in row.items() if name in names}) for row in rows]


def keep(figures: Sequence[Figure], times: int, path: Path) -> None:
    """The table's figures as JSON, with the machine they were taken on."""
    about = {
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "median_of": times,
        "figures": [as_json(figure) for figure in figures],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(about, option=orjson.OPT_INDENT_2) + b"\n")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.splitlines()[0])
    parser.add_argument("works", nargs="*", metavar="WORK", help=", ".join(WORKS))
    parser.add_argument("--short", action="store_true", help="one small run")
    parser.add_argument("--times", type=int, default=3, help="runs of which the median is taken (3)")
    parser.add_argument("--json", type=Path, help="where to keep the figures (default: DATA_DIR)")
    given = parser.parse_args()
    if unknown := set(given.works) - set(WORKS):
        parser.error(f"{', '.join(sorted(unknown))}: none of {', '.join(WORKS)}")
    times = 1 if given.short else given.times
    figures: list[Figure] = []
    for work in given.works or WORKS:
        sys.stderr.write(f"{work} …\n")
        figures += middle([measured(work, given.short) for _time in range(times)])
    path = given.json or Path(os.environ.get("DATA_DIR") or tempfile.gettempdir()) / "bench.json"
    keep(figures, times, path)
    sys.stdout.write(f"{table(figures)}\n\nMedian of {times}. Kept as JSON in {path}\n")
    return 1 if any(figure.reached is False for figure in figures) and not given.short else 0


if __name__ == "__main__":
    sys.exit(main())
