"""A worker of the version before runs on the new tables while an installation is updated: migrations only add, and a
column that is added can be left out by code that does not know it."""

from collections.abc import Iterator

import pytest
from django.db import migrations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models import NOT_PROVIDED, ManyToManyField

OURS = {"oncall", "incidents", "postmortems"}
# The tables' first form, and what the database does not see or old code does not miss.
HARMLESS = (
    migrations.AlterModelOptions,
    migrations.AlterModelManagers,
    migrations.CreateModel,
    migrations.AddIndex,
    migrations.RemoveIndex,
    migrations.RenameIndex,
    migrations.RemoveConstraint,
    migrations.AddConstraint,
    migrations.AlterField,
    migrations.RunPython,
    migrations.RunSQL,
    migrations.SeparateDatabaseAndState,
)


def operations() -> Iterator[tuple[str, Operation]]:
    for (app, name), migration in sorted(MigrationLoader(None).disk_migrations.items()):
        if app in OURS and not name.startswith("0001_"):
            for operation in migration.operations:
                yield f"{app}.{name}: {operation.describe()}", operation


def can_be_left_out(operation: migrations.AddField) -> bool:
    field = operation.field
    return field.null or field.db_default is not NOT_PROVIDED or isinstance(field, ManyToManyField)


def test_migrations_only_add_what_old_code_can_leave_out() -> None:
    wrong = [
        said
        for said, operation in operations()
        if not isinstance(operation, HARMLESS)
        and not (isinstance(operation, migrations.AddField) and can_be_left_out(operation))
    ]
    assert wrong == [], "give the new column null or a db_default; rename and remove a version later"


@pytest.mark.parametrize("wrong", [migrations.RemoveField, migrations.RenameField, migrations.DeleteModel])
def test_what_takes_away_is_not_among_the_harmless(wrong: type[Operation]) -> None:
    assert not issubclass(wrong, HARMLESS)
