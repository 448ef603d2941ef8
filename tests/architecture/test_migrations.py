"""The tests' database, made of the models, is what the migrations make."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from incidents.models import Severity

ROOT = Path(__file__).resolve().parents[2]
# The database's own, and the list of migrations done.
OTHERS = ("sqlite_", "django_migrations")

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    """A database in a file, as a first start makes it."""
    folder = tmp_path_factory.mktemp("migrated")
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{folder / 'new.sqlite3'}", "DATA_DIR": str(folder)}
    run = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--settings", "incidentops.settings", "--pythonpath", str(ROOT)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return sqlite3.connect(folder / "new.sqlite3")


def shape(cursor: sqlite3.Cursor) -> dict[str, object]:
    """Columns, indexes and constraints of each table, whatever their order and their generated names."""
    cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    tables = [name for (name,) in cursor.fetchall() if not name.startswith(OTHERS)]
    found: dict[str, object] = {}
    for table in tables:
        cursor.execute(f"SELECT name, lower(type), \"notnull\", pk FROM pragma_table_info('{table}')")
        columns = set(cursor.fetchall())
        cursor.execute(f'SELECT "from", "table", "to" FROM pragma_foreign_key_list(\'{table}\')')
        foreign = set(cursor.fetchall())
        cursor.execute(f"SELECT name, \"unique\", partial FROM pragma_index_list('{table}')")
        indexes = set()
        for name, unique, partial in cursor.fetchall():
            cursor.execute(f"SELECT name FROM pragma_index_info('{name}') ORDER BY seqno")
            indexes.add((unique, partial, tuple(column for (column,) in cursor.fetchall())))
        cursor.execute(f"SELECT sql FROM sqlite_master WHERE type = 'table' AND name = '{table}'")
        checks = cursor.fetchone()[0].count(" CHECK ")
        found[table] = (columns, foreign, indexes, checks)
    return found


def test_the_tables_are_the_same(migrated: sqlite3.Connection) -> None:
    made = shape(migrated.cursor())
    assert set(made) == set(connection.introspection.table_names()) - {"django_migrations"}
    if connection.vendor == "sqlite":  # on a server the migrations themselves made the tables
        with connection.cursor() as cursor:
            assert made == shape(cursor)


def test_the_shipped_rows_are_the_same(migrated: sqlite3.Connection) -> None:
    levels = migrated.execute("SELECT level, name, rank, page FROM incidents_severity").fetchall()
    assert sorted(levels) == sorted(Severity.objects.values_list("level", "name", "rank", "page"))
    rights = migrated.execute(
        "SELECT g.name, p.codename FROM auth_group g JOIN auth_group_permissions gp ON gp.group_id = g.id "
        "JOIN auth_permission p ON p.id = gp.permission_id"
    ).fetchall()
    assert sorted(rights) == sorted(Group.objects.values_list("name", "permissions__codename"))
