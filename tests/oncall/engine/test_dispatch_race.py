"""Two dispatching processes at once, on the database that the suite runs on (SQLite: a file of the same schema)."""

import os
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

COUNT = 60


@pytest.fixture
def database_url(db: None, tmp_path: Path) -> Iterator[str]:
    """The address of a database that other processes can open, with our tables and no rows of the race."""
    if connection.vendor == "sqlite":
        file = sqlite3.connect(tmp_path / "race.sqlite3")
        with connection.cursor() as cursor:
            cursor.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")
            for (statement,) in cursor.fetchall():
                file.execute(statement)
        file.close()
        yield f"sqlite:///{tmp_path / 'race.sqlite3'}"
        return
    values = connection.settings_dict
    who = f"{values['USER']}:{values['PASSWORD']}" if values["PASSWORD"] else values["USER"]
    url = f"postgres://{who}@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    yield url
    # The workers committed; a deletion in this test's own transaction would be rolled back.
    code = (
        "import django; django.setup(); from oncall.models import Notification as N;"
        "N.objects.filter(key__startswith='race:').delete()"
    )
    subprocess.run([sys.executable, "-c", code], env=environment(url, tmp_path), check=True)


def environment(url: str, folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.getcwd(),
        "DJANGO_SETTINGS_MODULE": "incidentops.settings",
        "DATABASE_URL": url,
        "DATA_DIR": str(folder),
        "LOG_LEVEL": "ERROR",
        "BROKER_URL": "memory://",
    }


def test_two_workers_racing_send_each_message_once(database_url: str, tmp_path: Path) -> None:
    script = Path(__file__).with_name("racing.py")
    workers = [
        subprocess.Popen(
            [sys.executable, script, tmp_path, name, str(COUNT)],
            env=environment(database_url, tmp_path),
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("first", "second")
    ]
    until = time.monotonic() + 120
    needed = [tmp_path / name for name in ("first.ready", "second.ready", "posted")]
    while not all(file.exists() for file in needed) and all(worker.poll() is None for worker in workers):
        assert time.monotonic() < until
        time.sleep(0.01)
    (tmp_path / "go").touch()
    said = [worker.communicate(timeout=180)[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], said
    assert not any("locked" in text for text in said), said
    sent = Counter((tmp_path / "sent").read_text().split())
    assert sent == Counter({f"race:{number}": 1 for number in range(COUNT)})
