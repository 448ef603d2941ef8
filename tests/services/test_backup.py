"""Copies made while everything runs are whole, and one put in another place goes on where it was made."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from tests.services.ground import Ground, Postgres, embedded
from tests.services.running import ROOT, Installation, Message, manage, press

pytestmark = [pytest.mark.services, pytest.mark.thorough]
COPIES = 30
LATER = 3 * 3600
PATIENCE_SECONDS = 90
ORDERS, CHECKOUT, PAYMENTS = (f"services-suite-{name}-key" for name in ("orders", "checkout", "payments"))
BALLAST = 4_000  # rows of 4 kB: a copy takes a while
README = (ROOT / "README.md").read_text(encoding="utf-8")


@dataclass
class Load:
    """Alerts that come and go without a pause; when each was accepted."""

    running: Installation
    accepted: list[tuple[float, str]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def send(self) -> None:
        with requests.Session() as session:
            number = 0
            while not self.over.is_set() or number % 20:
                events = [{"summary": "Load", "dedup_key": f"load {number}", "severity": "error"}]
                # Nobody shall be paged for it in the new place.
                events.append({**events[0], "action": "resolve"})
                url = f"{self.running.url}/api/v1/ingest/generic/{ORDERS}/"
                answer = session.post(url, json=events, timeout=30)
                assert answer.status_code == 202, answer.text
                self.accepted.append((time.time(), f"load {number}"))
                number += 1
                time.sleep(0.02)

    @contextmanager
    def coming(self) -> Iterator[None]:
        thread = threading.Thread(target=self.send)
        thread.start()
        try:
            yield
        finally:
            self.over.set()
            thread.join(60)


# -- a copy, read without IncidentOps ----------------------------------------------------------------------------------
def held_by_sqlite(copy: Path) -> set[str]:
    """The load's alerts in a whole copy; AssertionError where it is broken."""
    with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        rows = database.execute("SELECT dedup_key FROM incidents_alert UNION SELECT signals FROM incidents_inboxitem")
        return set(re.findall(r"load \d+", str(rows.fetchall())))


def held_by_dump(copy: Path) -> set[str]:
    """As above, of pg_dump's format."""
    read = subprocess.run(["pg_restore", "--file=-", str(copy)], capture_output=True, check=True, text=True)
    assert "PostgreSQL database dump complete" in read.stdout
    return set(re.findall(r"load \d+", read.stdout))


# -- the new place, as the README has it -------------------------------------------------------------------------------
def sqlite_restored(source: Installation, copy: Path, folder: Path) -> dict[str, str]:
    assert "copy the file to `.data/incidentops.sqlite3`" in README
    shutil.copy(copy, folder / "incidentops.sqlite3")
    return {}


def postgres_restored(source: Installation, copy: Path, folder: Path) -> dict[str, str]:
    url = source.environ["DATABASE_URL"] + "_restored"
    with psycopg.connect(source.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{url.rpartition("/")[2]}"'.encode())
    command = re.search(r"`(pg_restore [^`]+)`", README)
    assert command
    environ = {**os.environ, "DATABASE_URL": url, "FILE": str(copy)}
    subprocess.run(["sh", "-ec", command[1].replace(" FILE", ' "$FILE"')], env=environ, check=True)
    return {"DATABASE_URL": url}


Restore = Callable[[Installation, Path, Path], dict[str, str]]


@contextmanager
def on_postgresql(postgres: Postgres) -> Iterator[Installation]:
    with postgres.installation() as running:
        yield running
        postgres.drop(running.environ["DATABASE_URL"].rpartition("/")[2] + "_restored")


def test_copies_of_a_running_sqlite_are_whole_and_go_on_elsewhere(ground: Ground) -> None:
    with embedded(ground) as running:
        with closing(sqlite3.connect(running.folder / "incidentops.sqlite3")) as database:
            database.execute("CREATE TABLE ballast AS SELECT 1 AS id, randomblob(1) AS data")
            database.executemany("INSERT INTO ballast VALUES (?, randomblob(4000))", ((n,) for n in range(BALLAST)))
            database.commit()
        play(running, held_by_sqlite, sqlite_restored)


def test_copies_of_a_running_postgresql_are_whole_and_go_on_elsewhere(postgres: Postgres) -> None:
    with on_postgresql(postgres) as running:
        play(running, held_by_dump, postgres_restored)


def play(running: Installation, held: Callable[[Path], set[str]], restore: Restore) -> None:
    running.start("web", "paging", "beat")
    running.await_ready()
    copies_under_load(running, held)
    copy = open_incidents_copied(running)
    running.end()
    running.provider.requests.clear()
    folder = running.folder / "elsewhere"
    folder.mkdir()
    clock = folder / "clock"
    clock.write_text(str(LATER))
    place = Installation({**running.environ, **restore(running, copy, folder)}, folder, running.provider, running.token)
    try:
        manage(place.environ, "migrate", "-v0")
        place.start("web", "paging", "beat", clock=clock)
        goes_on(place, clock)
    finally:
        place.end()


def copies_under_load(running: Installation, held: Callable[[Path], set[str]]) -> None:
    load = Load(running)
    with load.coming():
        running.until(lambda: len(load.accepted) > 20, PATIENCE_SECONDS, "the load has begun")
        command = [sys.executable, "-m", "tests.services.copying", str(running.folder), str(COPIES)]
        made = subprocess.run(command, cwd=ROOT, env=running.environ, capture_output=True, text=True, timeout=170)
    assert made.returncode == 0, made.stderr
    begun = [float(line) for line in made.stdout.split()]
    assert len(begun) == COPIES
    assert len(load.accepted) > COPIES, "it was no load"
    for number, moment in enumerate(begun):
        wanted = {name for at, name in load.accepted if at < moment}
        assert wanted
        copy = running.folder / f"copy-{number}"
        assert wanted <= held(copy), number
        copy.unlink()


def open_incidents_copied(running: Installation) -> Path:
    """One that nobody answered, one answered, one over, one whose message could not be sent, one just accepted."""
    provider = running.provider
    running.until(lambda: not running.all("alerts/?state=open"), PATIENCE_SECONDS, "the load is over")
    provider.requests.clear()
    running.send(CHECKOUT, dedup_key="unanswered", severity="error")
    running.send(PAYMENTS, dedup_key="answered", severity="error")
    running.send(ORDERS, dedup_key="over", severity="error")
    running.until(lambda: len(ours(running)) == 4, PATIENCE_SECONDS, "three incidents are paged")
    mine = running.all("notifications/?kind=page&person=bo")[0]
    answered = next(page.link for page in ours(running, "ana") if page.key.split(":")[1] == str(mine["page"]))
    assert press(answered, "ack").status_code == 303
    running.send(ORDERS, dedup_key="over", action="resolve")
    running.until(
        lambda: running.all("incidents/?dedup_key=over")[0]["state"] == "resolved", PATIENCE_SECONDS, "one is over"
    )
    provider.status = 503
    try:
        running.send(ORDERS, dedup_key="unsent", severity="error")
        running.until(lambda: tried(running), PATIENCE_SECONDS, "its message was refused and waits")
        running.kill("paging")
        running.send(PAYMENTS, dedup_key="just accepted", severity="error")
        manage(running.environ, "backup", str(running.folder / "copy"))
    finally:
        provider.status = 200
    return running.folder / "copy"


def ours(running: Installation, to: str = "") -> list[Message]:
    """Pages that are not the load's."""
    return [page for page in running.pages(to) if "Error rate" in page.title]


def unsent(running: Installation) -> list[dict[str, Any]]:
    numbers = {row["number"] for row in running.all("incidents/?dedup_key=unsent")}
    return [row for row in running.all("notifications/?kind=page") if row["incident"] in numbers]


def tried(running: Installation) -> bool:
    return any(row["attempts"] for row in unsent(running))


def goes_on(place: Installation, clock: Path) -> None:
    """Three hours later, each incident by its own next step and no more."""
    place.await_ready()
    place.until(lambda: len(heard(place)) >= 4, PATIENCE_SECONDS, "the open incidents are heard of")
    place.tick((datetime.now(UTC) + timedelta(seconds=LATER)).isoformat())
    # "unsent" gives way to its page's present step, the fallback; "just accepted" rings ana and bo; "unanswered" goes
    # on with bo, whose minute is long over. "answered" and "over" ring nobody.
    assert sorted(heard(place)) == ["ana", "bo", "bo", "fallback"]
    assert {row["state"] for row in unsent(place)} == {"cancelled"}
    assert place.all("incidents/?dedup_key=answered")[0]["state"] == "acknowledged"
    clock.write_text(str(LATER + 61))
    place.until(lambda: "cy" in heard(place), PATIENCE_SECONDS, "one delay on, the next step")
    assert sorted(heard(place)) == ["ana", "bo", "bo", "cy", "fallback"]


def heard(place: Installation) -> list[str]:
    """Who was asked to come, save by what the audit finds."""
    wanted = ("page:", "fallback:")
    return [one.to for one in place.messages() if one.key.startswith(wanted) and "] IncidentOps: " not in one.title]
