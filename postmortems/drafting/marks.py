"""What a section said when somebody read it, as a short mark: another mark later means that somebody changed it."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Model

from oncall.text import plain
from postmortems.drafting.editing import EDITABLE
from postmortems.drafting.parts import LISTS
from postmortems.models import Postmortem

LENGTH: Final = 24
# Fields that mean nothing without one another are one section; every other field is one, and so is every list.
PAIRS: Final[Mapping[str, tuple[str, ...]]] = {"revenue": ("revenue_amount", "revenue_currency")}
_PAIRED: Final = {name for names in PAIRS.values() for name in names}
# Said by a why's place, and fixed from the beginning.
_UNTOLD: Final = ("parent", "entry")
SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    **{name: (name,) for name in EDITABLE if name not in _PAIRED},
    **PAIRS,
}


def of_values(section: str, values: Mapping[str, Any]) -> str:
    """The mark of a section of fields, by their names."""
    return _mark([_said(values.get(name)) for name in SECTIONS[section]])


def of_rows(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """The mark of a list as `drafting.put` takes it."""
    columns = [column for column in LISTS[name][1] if column not in _UNTOLD]
    told = [[*(_said(row.get(n)) for n in ("id", "under")), *(_cell(row, each) for each in columns)] for row in rows]
    if name == "timeline":  # wherever a row stands in the form, it is read in the order of time
        told.sort(key=lambda row: (row[2], not row[0], row[0].zfill(20)))
    return _mark(told)


def current(postmortem: Postmortem, section: str) -> str:
    """The mark of what stands there now."""
    if section in LISTS:
        return of_rows(section, rows_of(postmortem, section))
    return of_values(section, {name: getattr(postmortem, name) for name in SECTIONS[section]})


def rows_of(postmortem: Postmortem, name: str) -> list[dict[str, Any]]:
    """A list as `drafting.put` takes it. Whys stand below what they explain, and say so by `under`, its place."""
    columns = LISTS[name][1]
    found: Any = getattr(postmortem, name).all()
    if "person" in columns:
        found = found.select_related("person")
    if name == "whys":
        found = _tree(list(found))
    places = {row.pk: place for place, row in enumerate(found)}
    rows = []
    for place, row in enumerate(found):
        values = {column: getattr(row, column) for column in columns if column not in _UNTOLD}
        if name == "whys":
            values["under"] = places.get(row.parent_id)
        if "position" in values:
            values["position"] = place
        rows.append({"id": row.pk, **values})
    return rows


def _cell(row: Mapping[str, Any], column: str) -> str:
    """Somebody with an account is known by it, whatever the name beside it."""
    return "" if column == "name" and row.get("person") else _said(row.get(column))


def _tree(found: list[Any]) -> list[Any]:
    """Each why right below what it explains."""
    below: dict[int | None, list[Any]] = {}
    for row in found:
        below.setdefault(row.parent_id, []).append(row)
    told: list[Any] = []

    def tell(parent: int | None) -> None:
        for row in below.pop(parent, []):
            told.append(row)
            tell(row.pk)

    tell(None)
    return told


def _mark(values: Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:LENGTH]


def _said(value: Any) -> str:
    """As exact as a form shows it: instants to the second, durations to the minute."""
    match value:
        case None:
            return ""
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case timedelta():
            return str(int(value.total_seconds()) // 60)
        case Decimal():
            return f"{value.normalize():f}"
        case Model():
            return str(value.pk)
        case str():
            return plain(value).strip()
    return str(value)
