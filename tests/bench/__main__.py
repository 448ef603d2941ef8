"""Every speed of the product beside the physical limit of the same run: one command, one table, one JSON file.

    python -m tests.bench [WORK…] [--short] [--times N] [--json FILE]

On the PostgreSQL of DATABASE_URL (default: the one on loopback), where databases are made and removed.
A figure is the median of N runs (3), each in a process and a database of its own. `--short` is one small run: it shows
that everything still measures, its figures mean little. A work that fails is named, with its last lines, and the others
are kept. Exit status 1: a target was missed, or a work failed.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import orjson

from tests.bench.figures import Figure, as_json, middle, table
from tests.bench.run import ANSWER

# Each is a module of this folder with `figures(run: Run) -> list[Figure]`.
WORKS = (
    *("accepting", "draining", "sweeping", "lateness", "idling", "lists", "board", "growing", "engine", "flowing"),
    *("chasing", "running", "library"),
)
LONGEST_SECONDS = 600
LAST_LINES = 12


class Failed(Exception):  # noqa: N818 — it reads as what happened
    """A work came to no figures; the text is the last that it said."""


def measured(work: str, short: bool) -> list[Figure]:
    """One run of one work. Raises Failed with the last that it said."""
    command = [sys.executable, "-m", "tests.bench.run", work, *(["--short"] if short else [])]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False)
    except subprocess.TimeoutExpired as late:
        raise Failed(f"not done after {LONGEST_SECONDS} s") from late
    answer = next((line for line in done.stdout.splitlines() if line.startswith(ANSWER)), "")
    if done.returncode or not answer:
        said = (done.stdout + done.stderr).splitlines()[-LAST_LINES:]
        raise Failed("\n".join([f"exit status {done.returncode}", *said]))
    names = {field.name for field in fields(Figure)}
    rows = orjson.loads(answer.removeprefix(ANSWER))
    return [Figure(**{name: value for name, value in row.items() if name in names}) for row in rows]


def all_measured(works: Sequence[str], times: int, short: bool) -> tuple[list[Figure], dict[str, str]]:
    """The figures of every work that came to some, and why each other one did not."""
    figures: list[Figure] = []
    failed: dict[str, str] = {}
    for work in works:
        sys.stderr.write(f"{work} …\n")
        try:
            figures += middle([measured(work, short) for _time in range(times)])
        except Failed as why:
            failed[work] = str(why)
    return figures, failed


def keep(figures: Sequence[Figure], failed: Mapping[str, str], times: int, path: Path) -> None:
    """The table's figures as JSON, with the machine they were taken on."""
    about = {
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "median_of": times,
        "figures": [as_json(figure) for figure in figures],
        "failed": dict(failed),
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
    figures, failed = all_measured(given.works or WORKS, times, given.short)
    path = given.json or Path(os.environ.get("DATA_DIR") or tempfile.gettempdir()) / "bench.json"
    keep(figures, failed, times, path)
    sys.stdout.write(f"{table(figures)}\n\nMedian of {times}. Kept as JSON in {path}\n")
    for work, why in failed.items():
        sys.stdout.write(f"\n{work} FAILED: {why}\n")
    missed = any(figure.reached is False for figure in figures) and not given.short
    return 1 if missed or failed else 0


if __name__ == "__main__":
    sys.exit(main())
