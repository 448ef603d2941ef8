"""An installation is updated while it runs: the version before and this one work side by side on the new tables.

`UPGRADE_SECONDS=60` in the environment has the alerts come for a minute.
"""

import os
import re
import subprocess
import tarfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import psycopg
import pytest

from tests.services.ground import Ground, Postgres
from tests.services.running import ROOT, Installation, manage

pytestmark = [pytest.mark.services, pytest.mark.thorough]
SECONDS = float(os.environ.get("UPGRADE_SECONDS", "9"))
APART_SECONDS = 0.15
KEY = "services-suite-orders-key"
MIGRATIONS = [f"{app}/migrations" for app in ("oncall", "incidents", "postmortems")]


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, check=True).stdout


def version_before(folder: Path) -> Path:
    """The tree of the newest commit that had other migrations. Where the clone has no history, or there is none, this
    very tree: it then meets tables with columns that it does not know (`columns_of_tomorrow`), as the other one does.
    """
    try:
        changed = git("log", "-1", "--format=%H", "--", *MIGRATIONS).decode().strip()
        packed = git("archive", f"{changed}^")
    except (OSError, subprocess.CalledProcessError):
        return ROOT
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def columns_of_tomorrow(url: str) -> int:
    """Give every table of ours a column as the next migration may: neither version knows it. How many tables."""
    with psycopg.connect(url, autocommit=True) as database:
        rows = database.execute("SELECT tablename FROM pg_tables WHERE tablename ~ '^(oncall|incidents|postmortems)_'")
        tables = [name for (name,) in rows.fetchall()]
        database.execute("SET lock_timeout = '5s'")
        for table in tables:
            database.execute(f'ALTER TABLE "{table}" ADD COLUMN of_tomorrow integer NOT NULL DEFAULT 1'.encode())
    return len(tables)


@dataclass
class Senders:
    """Alerts, each a problem of its own, to whichever doors are open; what was accepted."""

    doors: list[Installation]
    accepted: list[str] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        number = 0
        while not self.over.wait(APART_SECONDS):
            summary = f"Problem {number}."
            doors = list(self.doors)
            door = doors[number % len(doors)]
            try:
                door.send(KEY, summary=summary, dedup_key=summary)
            except Exception as error:
                self.errors.append(error)
            else:
                self.accepted.append(summary)
            number += 1


def test_an_update_while_alerts_come_loses_nothing_and_rings_nobody_twice(
    ground: Ground, postgres: Postgres, tmp_path: Path
) -> None:
    tree = version_before(tmp_path / "before")
    with postgres.database() as urls:
        environ = ground.environment(**urls, DATA_DIR=str(tmp_path))
        token = ground.found(environ, tree)
        before = Installation(environ, tmp_path / "old", ground.provider, token, tree=tree)
        present = Installation(dict(environ), tmp_path / "new", ground.provider, token)
        for one in (before, present):
            one.folder.mkdir()
        senders = Senders([before])
        thread = threading.Thread(target=senders.run)
        try:
            before.start("web", "paging", "beat")
            before.await_ready()
            thread.start()
            before.until(lambda: len(before.pages()) > 3, 20, "the version before pages")
            manage(present.environ, "migrate", "-v0")
            assert columns_of_tomorrow(environ["DATABASE_URL"]) > 20
            present.start("web", "paging", "beat")
            present.await_ready()
            senders.doors.append(present)
            time.sleep(SECONDS)  # both at work
            del senders.doors[0]
            accepted = len(senders.accepted)
            present.until(lambda: len(senders.accepted) > accepted + 1, 20, "nobody sends to the version before")
            before.end()
            present.until(lambda: len(senders.accepted) > accepted + 9, 20, "alerts come to this version alone")
            senders.over.set()
            thread.join(20)
            wanted = set(senders.accepted)
            present.until(lambda: set(rung(present)) >= wanted, 90, "everybody is paged")
            judge(present, senders)
        finally:
            senders.over.set()
            before.end()
            present.end()


def rung(running: Installation) -> Counter[str]:
    """How often each problem rang, at the provider."""
    found = (re.search(r"Problem \d+\.", page.title) for page in running.pages())
    return Counter(one[0] for one in found if one)


def judge(present: Installation, senders: Senders) -> None:
    assert senders.errors == []
    assert len(senders.accepted) > SECONDS
    again = present.all("notifications/?kind=page")
    repeated = sum(row["attempts"] - 1 for row in again)
    assert sum(rung(present).values()) - len(senders.accepted) <= repeated
    assert repeated <= 2, "what was under way when the version before ended"
    assert {row["state"] for row in again} == {"sent"}
    assert {row["count"] for row in present.all("alerts/?service=orders")} == {1}
    assert present.complaints() == []
