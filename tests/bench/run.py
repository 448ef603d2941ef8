"""One measurement in a process and a database of its own: `python -m tests.bench.run WORK [--short]` prints JSON."""

import importlib
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import django
import orjson
import psycopg

from tests.bench.figures import as_json
from tests.bench.limits import Limits
from tests.services.ground import postgres_server

ANSWER = "figures: "


@dataclass(frozen=True, slots=True)
class Run:
    """What a measuring module is given. Django is set up on `limits.url`, a migrated, empty database."""

    limits: Limits
    short: bool = False
    folder: str = field(default_factory=lambda: tempfile.mkdtemp(prefix="bench-"))

    def count(self, full: int) -> int:
        """So many, a tenth of it in the short form."""
        return max(full // 10, 1) if self.short else full


@contextmanager
def database(work: str) -> Iterator[str]:
    """A new database beside the one of DATABASE_URL, removed afterwards; its address."""
    server, name = postgres_server(), f"bench_{work}_{os.getpid()}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        try:
            yield f"{server}/{name}"
        finally:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def main(work: str, short: bool) -> None:
    with database(work) as url, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ |= {"DATABASE_URL": url, "DATA_DIR": folder, "LOG_LEVEL": "ERROR"}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "incidentops.settings")
        django.setup()
        importlib.import_module("django.core.management").call_command("migrate", verbosity=0)
        importlib.import_module("django.conf").settings.CELERY_NUDGES = False
        limits = Limits(url, seconds=1.0 if short else 3.0, rows=10_000 if short else 100_000)
        made = importlib.import_module(f"tests.bench.{work}").figures(Run(limits, short, folder))
        importlib.import_module("django.db").connections.close_all()
    sys.stdout.write(ANSWER + orjson.dumps([as_json(figure) for figure in made]).decode() + "\n")


if __name__ == "__main__":
    main(sys.argv[1], "--short" in sys.argv)
