"""`backup` writes a consistent copy, readable by its owner only."""

import io
import os
import sqlite3
import subprocess
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from oncall.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def usernames(copy: Path) -> str:
    if connection.vendor == "sqlite":
        return str(sqlite3.connect(copy).execute("SELECT username FROM oncall_user").fetchall())
    return subprocess.run(
        ["pg_restore", "--data-only", "--table=oncall_user", "-f", "-", str(copy)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_the_copy_holds_what_the_database_holds(tmp_path: Path) -> None:
    User.objects.create_user("ana", "ana@example.org", "x")
    out = io.StringIO()
    call_command("backup", str(tmp_path / "copy"), stdout=out)
    assert "ana" in usernames(tmp_path / "copy")
    assert str(tmp_path / "copy") in out.getvalue()
    assert os.stat(tmp_path / "copy").st_mode & 0o777 == 0o600


def test_an_older_copy_is_replaced_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("old")
    call_command("backup", str(tmp_path / "copy"), stdout=io.StringIO())
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]
    assert (tmp_path / "copy").stat().st_size > 1000


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="could not be written"):
        call_command("backup", str(tmp_path / "missing" / "copy"))
