"""Many rows by one statement from plain values: a model instance for each would take ten times as long."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, Final, TypeVar

from django.db import connection
from django.db.models import Field, JSONField, Model

# What every driver takes as it is; anything else goes through its field.
_READY: Final = frozenset({str, int, bool, type(None)})

Rows = Sequence[Sequence[Any]]
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of all rows. PostgreSQL gets a column as one array, or as a single value where all rows agree, which
    most columns of a batch do."""

    name: str
    type: str
    values: list[Any]
    same: bool


def insert(model: type[Model], columns: Sequence[str], rows: Rows, *, unless_there: bool = False) -> None:
    """Write rows of these columns (attribute names, `page_id`); what is left out gets its field's default.

    `unless_there`: a row that a unique constraint refuses is left out, else IntegrityError is raised.
    """
    if not rows:
        return
    given = [*zip(columns, zip(*rows, strict=True), strict=True)]
    left_out = [
        (field.attname, [field.get_default()] * len(rows))
        for field in model._meta.concrete_fields
        if field.attname not in columns and not field.primary_key
    ]
    parts = [_column(model, name, values) for name, values in [*given, *left_out]]
    names = ", ".join(part.name for part in parts)
    conflict = " ON CONFLICT DO NOTHING" if unless_there else ""
    into = f"INSERT INTO {_quoted(model._meta.db_table)} ({names})"
    if connection.vendor == "postgresql":
        arrays, values, parameters = _unnested(parts)
        _execute(f"{into} SELECT {', '.join(values)} FROM {arrays}{conflict}", parameters)  # noqa: S608 — our own names
    else:
        _each(f"{into} VALUES ({', '.join(['%s'] * len(parts))}){conflict}", parts)


def create(objects: "Sequence[Row]") -> None:
    """Write new instances of one model as they are, and give each its key; nothing is done to their values before."""
    if not objects:
        return
    model = type(objects[0])
    if connection.vendor != "postgresql":
        model._base_manager.bulk_create(objects)
        return
    names = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    columns = zip(*(map(one.__dict__.__getitem__, names) for one in objects), strict=True)
    parts = [_column(model, name, values) for name, values in zip(names, columns, strict=True)]
    into = f"INSERT INTO {_quoted(model._meta.db_table)} ({', '.join(part.name for part in parts)})"
    arrays, values, parameters = _unnested(parts)
    key = _quoted(str(model._meta.pk.column))
    with connection.cursor() as cursor:
        cursor.execute(f"{into} SELECT {', '.join(values)} FROM {arrays} RETURNING {key}", parameters)  # noqa: S608
        for one, (pk,) in zip(objects, cursor.fetchall(), strict=True):
            one.pk = pk
            one._state.adding, one._state.db = False, connection.alias


def update(model: type[Model], match: Sequence[str], change: Sequence[str], rows: Rows) -> int:
    """Compare and set: each row holds the values to be found in `match` and those to be put in `change`; where a
    column holds another value (or null) meanwhile, nothing changes. Returns how many rows were changed."""
    if not rows:
        return 0
    parts = [_column(model, *pair) for pair in zip([*match, *change], zip(*rows, strict=True), strict=True)]
    found, put = parts[: len(match)], parts[len(match) :]
    table = _quoted(model._meta.db_table)
    if connection.vendor == "postgresql":
        arrays, values, parameters = _unnested(parts)
        source = ", ".join(f"{value} AS c{n}" for n, value in enumerate(values))
        new = ", ".join(f"{part.name} = v.c{n}" for n, part in enumerate(put, len(match)))
        old = " AND ".join(f"t.{part.name} = v.c{n}" for n, part in enumerate(found))
        values_of = f"(SELECT {source} FROM {arrays}) v"  # noqa: S608 — our own names
        return _execute(f"UPDATE {table} t SET {new} FROM {values_of} WHERE {old}", parameters)  # noqa: S608
    new = ", ".join(f"{part.name} = %s" for part in put)
    old = " AND ".join(f"{part.name} = %s" for part in found)
    return _each(f"UPDATE {table} SET {new} WHERE {old}", [*put, *found])  # noqa: S608


def _column(model: type[Model], name: str, values: Sequence[Any]) -> _Column:
    field, quoted, kind = _known(model, name, connection.vendor)
    same = values.count(values[0]) == len(values)
    ready = [_ready(field, values[0])] * len(values) if same else [_ready(field, value) for value in values]
    return _Column(quoted, kind, ready, same)


@cache
def _known(model: type[Model], name: str, _vendor: str) -> tuple["Field[Any, Any]", str, str]:
    """A column's field, its quoted name and its type, without the length: a cast would cut what is too long, an
    assignment refuses it."""
    field = next(field for field in model._meta.concrete_fields if field.attname == name)
    return field, _quoted(str(field.column)), (field.db_type(connection) or "").partition("(")[0]


def _ready(field: "Field[Any, Any]", value: Any) -> Any:
    if type(value) in _READY:
        return value
    # A choice is a text of its own type, which an array of texts does not take.
    if isinstance(value, str):
        return str(value)
    if connection.vendor == "postgresql" and isinstance(field, JSONField):
        return json.dumps(value, cls=field.encoder)
    return field.get_db_prep_save(value, connection)


def _unnested(parts: Sequence[_Column]) -> tuple[str, list[str], list[Any]]:
    """A FROM item of one row for each of ours, the expression of every column over it, and the parameters in order:
    single values stand before the arrays."""
    same = [part.same for part in parts]
    same[0] = False  # one array says how many rows there are
    varying = [part for part, alike in zip(parts, same, strict=True) if not alike]
    single = [part for part, alike in zip(parts, same, strict=True) if alike]
    arrays = ", ".join(f"%s::{part.type}[]" for part in varying)
    names = iter(f"u.a{n}" for n in range(len(varying)))
    values = [f"%s::{part.type}" if alike else next(names) for part, alike in zip(parts, same, strict=True)]
    source = f"unnest({arrays}) AS u({', '.join(f'a{n}' for n in range(len(varying)))})"
    return source, values, [*(part.values[0] for part in single), *(_array(part.values) for part in varying)]


def _array(values: Sequence[Any]) -> Any:
    """A column as PostgreSQL writes arrays; the driver's own way looks at every value with a pattern."""
    kinds = {type(value) for value in values} - {type(None)}
    written = _WRITTEN.get(kinds.pop()) if len(kinds) == 1 else None
    if written is None:
        return values
    return f"{{{','.join('NULL' if value is None else written(value) for value in values)}}}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"') if '"' in text or "\\" in text else text


_WRITTEN: Final[Mapping[type, Callable[[Any], str]]] = MappingProxyType(
    {
        int: str,
        bool: str,
        str: lambda text: f'"{_escaped(text)}"',
        datetime: lambda at: f'"{at.isoformat()}"',
    }
)


def _execute(statement: str, parameters: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def _each(statement: str, parts: Sequence[_Column]) -> int:
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(zip(*(part.values for part in parts), strict=True)))
        return int(cursor.rowcount)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
