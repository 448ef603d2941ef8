"""`manage.py backup`: a consistent copy of the database while everything runs."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from incidentops.copies import written


class Command(BaseCommand):
    help = "Writes a consistent copy of the database to FILE while everything runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")

    def handle(self, *_: Any, **options: Any) -> None:
        copy = _copy_sqlite if connection.vendor == "sqlite" else _dump_postgresql
        with written(options["file"]) as unfinished:
            copy(unfinished)
        target = Path(options["file"]).resolve()
        self.stdout.write(f"{target} ({target.stat().st_size / 1_000_000:.1f} MB)")


def _copy_sqlite(target: Path) -> None:
    """SQLite's online backup; raises CommandError where it fails.

    In one piece: with its write-ahead log the copy reads one state while others write on. A copy in several pieces
    begins anew whenever somebody has written between two of them, and would never come to its end.
    """
    connection.ensure_connection()
    with contextlib.closing(sqlite3.connect(target)) as copy:
        try:
            connection.connection.backup(copy)
        except sqlite3.Error as error:
            raise CommandError(f"The copy failed: {error}") from error


def _dump_postgresql(target: Path) -> None:
    """pg_dump's custom format, for pg_restore; raises CommandError where the tool is missing or fails."""
    pg_dump = shutil.which("pg_dump")
    if pg_dump is None:
        raise CommandError("pg_dump is not here: install PostgreSQL's client (Debian: apt install postgresql-client).")
    settings = connection.settings_dict
    given = {
        "PGHOST": settings["HOST"],
        "PGPORT": settings["PORT"],
        "PGUSER": settings["USER"],
        "PGPASSWORD": settings["PASSWORD"],
        "PGDATABASE": settings["NAME"],
    }
    environ = {**os.environ, **{name: str(value) for name, value in given.items() if value}}
    argv = [pg_dump, "--format=custom", "--no-password", "--file", str(target)]
    done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise CommandError(f"pg_dump failed: {done.stderr.strip()}")
