"""What is sent of the page is saved section by section; what somebody else changed meanwhile is shown beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from incidents.lifecycle import Refused
from incidents.models import TimelineEntry
from oncall.models import User
from postmortems import drafting
from postmortems.admin.editor import lists, texts
from postmortems.admin.editor.lists import ROWS, List
from postmortems.admin.editor.texts import TextForm
from postmortems.drafting import marks
from postmortems.drafting.facts import told_as
from postmortems.drafting.parts import MOST
from postmortems.models import Postmortem, PostmortemEvent

MOST_CHOSEN: Final = 100


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two texts of one section: what is written here, and what somebody else wrote meanwhile. `who` may be unknown."""

    section: str
    mine: str
    theirs: str
    mark: str
    who: str
    at: datetime | None


@dataclass(slots=True)
class Saved:
    """What came of it. `form` and `lists` are what was sent; `marks` are new for every section that is settled now,
    `ids` name the rows that were made, by the prefix in the form; `wrong` says by field what could not be saved."""

    postmortem: Postmortem
    form: TextForm
    lists: dict[str, List]
    marks: dict[str, str] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, Conflict] = field(default_factory=dict)
    newer: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Everything that was sent is saved."""
        return not self.wrong and not self.conflicts


def save(row: Postmortem, data: QueryDict, by: User, now: datetime) -> Saved:
    """Raises Refused (conflict) once it is published, NotAllowed."""
    said = sent(row, data)
    form, shown = said.form, said.lists
    given, wrong, prefixes = _read(said, data)
    taken = [name for name in given if data.get(f"choose-{name}") == "theirs"]
    outcome = drafting.merge(row, {name: each for name, each in given.items() if name not in taken}, by, now)
    fresh = outcome.postmortem
    saved = Saved(fresh, form, shown, wrong=wrong, newer=[*outcome.newer, *taken])
    for name, refused in outcome.refused.items():
        saved.wrong[refused.field if refused.field in form.fields else name] = refused.message
    for name in (*outcome.saved, *saved.newer):
        saved.marks[name] = marks.current(fresh, name)
    for name, keys in outcome.made.items():
        saved.ids |= {prefixes[name][place]: key for place, key in keys.items()}
    saved.conflicts = _conflicts(fresh, outcome.conflicts, given, by)
    return saved


def unsaved(row: Postmortem, data: QueryDict, by: User) -> list[Conflict]:
    """What was sent and does not stand there, where it cannot be saved any more: for its writer to keep."""
    said = sent(row, data)
    given = _read(said, data)[0]
    changed = [
        name
        for name, each in given.items()
        if drafting.mark_of(name, each) not in (each.read, marks.current(row, name))
    ]
    found = _conflicts(row, changed, given, by)
    for name in (*marks.SECTIONS, *ROWS):
        mine = "" if name in given else _typed(said, data, name)  # what cannot be read, as it was typed
        if mine:
            found[name] = Conflict(name, mine, "", "", "", None)
    return list(found.values())


def _typed(said: Saved, data: QueryDict, name: str) -> str:
    if name not in said.lists:
        return " ".join(filter(None, (data.get(each, "") for each in marks.SECTIONS.get(name, ()))))
    rows = [row for row in said.lists[name].forms if not row.is_empty]
    return "\n".join(" ".join(row.data.get(row.add_prefix(each), "") for each in row.words) for row in rows)


def _read(said: Saved, data: QueryDict) -> tuple[dict[str, drafting.Written], dict[str, str], dict[str, list[str]]]:
    """(the sections that can be read, what is wrong with the others by field, the prefixes of each list's rows)."""
    given, wrong = texts.read(said.form, data)
    prefixes: dict[str, list[str]] = {}
    for name, each in said.lists.items():
        written, bad, prefixes[name] = lists.read(each)
        wrong |= bad
        if written is not None:
            given[name] = written
    return given, wrong, prefixes


def sent(row: Postmortem, data: QueryDict) -> Saved:
    """What was sent, unsaved."""
    shown = {name: lists.sent(data, name) for name in ROWS if f"read-{name}" in data}
    return Saved(row, TextForm(data, instance=row), shown)


@transaction.atomic
def choose(row: Postmortem, data: QueryDict, by: User, now: datetime) -> None:
    """Put the ticked entries of the incident on the timeline, those not there yet. Raises as `drafting.put`."""
    keys = [int(key) for key in data.getlist("entry") if key.isdecimal() and len(key) < 19][:MOST_CHOSEN]
    if not keys or row.incident_id is None:
        return
    there = row.timeline.filter(entry__in=keys).values("entry")
    entries = TimelineEntry.objects.filter(pk__in=keys, incident=row.incident_id).exclude(pk__in=there)
    rows: list[dict[str, Any]] = [{"id": key} for key in row.timeline.values_list("pk", flat=True)]
    rows += [{"at": entry.at, "text": told_as(entry), "entry": entry} for entry in entries.order_by("at", "pk")]
    if len(rows) > MOST:
        raise Refused(_("At most 500 rows."), "timeline")
    drafting.put(row, row.version, "timeline", rows, by, now)


def _conflicts(
    fresh: Postmortem, names: Sequence[str], given: Mapping[str, drafting.Written], by: User
) -> dict[str, Conflict]:
    if not names:
        return {}
    last = fresh.events.filter(kind=PostmortemEvent.Kind.EDITED).exclude(actor=by).order_by("-at", "-pk").first()
    who, at = (last.actor_name, last.at) if last else ("", None)
    found = {}
    for name in names:
        written = given[name]
        if written.rows is not None:
            mine, theirs = in_words(name, written.rows), in_words(name, marks.rows_of(fresh, name))
        else:
            mine = _values(written.values or {})
            theirs = _values({each: getattr(fresh, each) for each in marks.SECTIONS[name]})
        found[name] = Conflict(name, mine, theirs, marks.current(fresh, name), who, at)
    return found


def _values(values: Mapping[str, Any]) -> str:
    return " ".join(str(value) for value in values.values() if value not in (None, ""))


def in_words(name: str, rows: Any) -> str:
    """A list as text, a line for each row."""
    return "\n".join(_line(name, row) for row in rows)


def _line(name: str, row: Mapping[str, Any]) -> str:
    match name:
        case "timeline":
            return f"{row['at']:%Y-%m-%d %H:%M} UTC  {row['text']}"
        case "authors" | "attendees":
            was = {True: _("was there"), False: _("was not there"), None: ""}[row.get("attended")]
            return " · ".join(filter(None, [str(row["person"] or row["name"]), row.get("role", ""), was]))
        case "tags":
            return str(row["word"])
    mark = row.get("factor_class") or row.get("kind") or (_("cause") if row.get("is_cause") else "")
    return f"{row['text']} ({mark})" if mark else str(row["text"])
