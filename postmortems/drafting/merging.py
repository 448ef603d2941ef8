"""Several people write at once: each section is saved by itself, and never over what somebody else wrote meanwhile."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from incidents.lifecycle import Refused
from oncall.models import User
from postmortems import events
from postmortems.drafting import marks
from postmortems.drafting.editing import check_open, edit
from postmortems.drafting.parts import LISTS, put
from postmortems.models import Postmortem


@dataclass(frozen=True, slots=True)
class Written:
    """One section as somebody sends it: `values` by field, or the `rows` of a list. `read` is the mark of what stood
    there when they began."""

    read: str
    values: Mapping[str, Any] | None = None
    rows: Sequence[Mapping[str, Any]] | None = None


@dataclass(slots=True)
class Outcome:
    """What became of each section: saved (or as it was), refused with a message, in conflict with what another person
    wrote, or not touched here but changed by somebody else. `made`: keys of the rows that were new, by their place."""

    postmortem: Postmortem
    saved: list[str] = field(default_factory=list)
    refused: dict[str, Refused] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)
    newer: list[str] = field(default_factory=list)
    made: dict[str, dict[int, int]] = field(default_factory=dict)


def merge(postmortem: Postmortem, given: Mapping[str, Written], by: User | None, now: datetime) -> Outcome:
    """Save each section that the person changed, unless somebody else changed it since they read it.

    Raises Refused (conflict) once it is published, NotAllowed.
    """
    with events.locked(postmortem) as fresh:
        check_open(fresh, by)
        outcome = Outcome(fresh)
        for name, written in given.items():
            mine, theirs = mark_of(name, written), marks.current(fresh, name)
            if mine == theirs:
                outcome.saved.append(name)
            elif mine == written.read:
                outcome.newer.append(name)
            elif theirs != written.read:
                outcome.conflicts.append(name)
            else:
                _save(outcome, name, written, by, now)
        return outcome


def mark_of(name: str, written: Written) -> str:
    """The mark of what somebody sends."""
    if written.rows is not None:
        return marks.of_rows(name, written.rows)
    return marks.of_values(name, written.values or {})


def _save(outcome: Outcome, name: str, written: Written, by: User | None, now: datetime) -> None:
    fresh = outcome.postmortem
    try:
        with transaction.atomic():
            if written.rows is None:
                outcome.postmortem = edit(fresh, fresh.version, written.values or {}, by, now)
            else:
                outcome.postmortem, outcome.made[name] = _put(fresh, name, written.rows, by, now)
    except Refused as refused:
        outcome.refused[name] = refused
    else:
        outcome.saved.append(name)


def _put(
    fresh: Postmortem, name: str, rows: Sequence[Mapping[str, Any]], by: User | None, now: datetime
) -> tuple[Postmortem, dict[int, int]]:
    """A row that somebody else took out meanwhile, and that this one keeps, is written anew."""
    present = LISTS[name][0]._default_manager.filter(postmortem=fresh)
    there = set(present.values_list("pk", flat=True))
    known = [row if row.get("id") in there else {**row, "id": None} for row in rows]
    changed = put(fresh, fresh.version, name, known, by, now)
    made = sorted(set(present.values_list("pk", flat=True)) - there)
    places = [place for place, row in enumerate(known) if row["id"] is None]
    return changed, dict(zip(places, made, strict=True))
