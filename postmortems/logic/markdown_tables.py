"""The parts of a Markdown postmortem that are tables or lists of things: factors, actions, attendees, gaps."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Final, TypeVar

from postmortems.logic.amounts import date_of
from postmortems.logic.document import (
    PRIORITIES,
    Action,
    ActionKind,
    ActionStatus,
    Attendee,
    Factor,
    FactorClass,
    Gap,
    GapKind,
    Waiver,
)
from postmortems.logic.markdown_lines import Line, Row, items_of, parted, person_of, rows_of
from postmortems.logic.markdown_names import ACTIONS, ATTENDEES, FACTORS, GAPS, called
from postmortems.logic.reading import NOT_KNOWN, NOT_READABLE, Leftovers, one_line
from postmortems.logic.wording import gettext_noop

Read = TypeVar("Read")
Word = TypeVar("Word", bound=StrEnum)

_STATUSES: Final = {
    "todo": "open", "to do": "open", "new": "open", "not started": "open", "started": "in progress",
    "doing": "in progress", "wip": "in progress", "complete": "done", "completed": "done", "closed": "done",
    "won't do": "wont do", "won’t do": "wont do", "wontfix": "wont do", "declined": "wont do",
}  # fmt: skip
_ATTENDED: Final = {"yes": True, "y": True, "no": False, "n": False}
YEAR_TAKEN: Final = gettext_noop("Dates without a year were read as after the incident.")


class Tables(Leftovers):
    """Reads rows; a cell that is not what belongs there is left, with its column's name."""

    def leave_line(self, where: str, line: Line, reason: str = NOT_KNOWN) -> None:
        if line.text.strip():
            self.leave(where, line.number, line.text.strip(), reason)

    def factors(self, lines: list[Line]) -> tuple[Factor, ...]:
        """A table of ours, or a list of texts."""
        rows, rest = self._rows("contributing_factors", FACTORS, lines)
        items, others = items_of(rest)
        for line in others:
            self.leave_line("contributing_factors", line)
        made = [self._factor(row) for row in rows] + [("", item.text, None, None) for item in items]
        # A key that is missing, or there already, would tie an action to the wrong factor.
        keys: list[str] = []
        for number, (key, *_others) in enumerate(made, 1):
            keys.append(key if key and key not in keys else _free(f"F{number}", keys))
        return tuple(Factor(key, *parts[1:]) for key, parts in zip(keys, made, strict=True))

    def _factor(self, row: "_Cells") -> tuple[str, str, FactorClass | None, Waiver | None]:
        reason, signer = row.text("reason"), person_of(row.text("signer"))
        waiver = Waiver(reason, signer) if reason or signer else None
        return row.text("key"), row.text("text"), row.parsed("class", lambda text: word_of(FactorClass, text)), waiver

    def gaps(self, lines: list[Line]) -> Iterator[Gap]:
        rows, rest = self._rows("observability_gaps", GAPS, lines)
        for line in rest:
            self.leave_line("observability_gaps", line)
        for row in rows:
            kind = row.parsed("kind", lambda text: word_of(GapKind, text))
            if kind:
                yield Gap(kind, row.text("text"))
            elif row.text("text"):
                self.leave("observability_gaps", row.line, row.text("text"), NOT_READABLE)

    def attendees(self, lines: list[Line]) -> Iterator[Attendee]:
        rows, rest = self._rows("attendees", ATTENDEES, lines)
        for row in rows:
            person = person_of(row.text("person"))
            attended = row.parsed("attended", lambda text: _ATTENDED.get(text.casefold()))
            if person:
                yield Attendee(person, row.text("role"), attended)
        items, others = items_of(rest)
        names = [item.text for item in items] + [name for line in others for name in parted(line.text)]
        yield from (Attendee(person) for name in names if (person := person_of(name)))

    def actions(self, lines: list[Line], day: date | None) -> Iterator[Action]:
        """Rows of a table; items of a list are actions of which nothing else is known."""
        rows, rest = self._rows("action_items", ACTIONS, lines)
        for row in rows:
            yield Action(
                description=row.text("description"),
                kind=row.parsed("kind", lambda text: word_of(ActionKind, text)),
                owner=person_of(row.text("owner")),
                priority=row.parsed("priority", lambda text: text.upper() if text.upper() in PRIORITIES else None)
                or "",
                due_on=row.parsed("due", lambda text: self._due(text, day)),
                status=row.parsed("status", _status) or ActionStatus.OPEN,
                addresses=tuple(parted(row.text("addresses"))),
                link=row.text("link"),
                evidence=row.text("evidence"),
                reason=row.text("reason"),
                approver=person_of(row.text("approver")),
            )
        items, others = items_of(rest)
        for line in others:
            self.leave_line("action_items", line)
        yield from (Action(one_line(re.sub(r"^\[[ xX]\]\s*", "", item.text))) for item in items)

    def _due(self, text: str, day: date | None) -> date | None:
        """An ISO date; of one without its year, the next one after the incident."""
        if day is None or not re.fullmatch(r"\d{2}-\d{2}", text, re.ASCII):
            return date_of(text)
        dates = (date_of(f"{year}-{text}") for year in (day.year, day.year + 1))
        found = next((due for due in dates if due and due >= day), None)
        if found:
            self.note("action_items", YEAR_TAKEN)
        return found

    def _rows(
        self, where: str, columns: Mapping[str, tuple[str, ...]], lines: list[Line]
    ) -> tuple[list["_Cells"], list[Line]]:
        rows, rest = rows_of(lines)
        return [_Cells(self, where, columns, row) for row in rows], rest


class _Cells:
    """One row by our names of its columns; cells of columns that are not known are left."""

    def __init__(self, left: Leftovers, where: str, columns: Mapping[str, tuple[str, ...]], row: Row) -> None:
        self.line, self._left, self._where = row.line, left, where
        self._cells: dict[str, tuple[str, str]] = {}
        for title, text in row.cells.items():
            name = called(title, columns)
            if name and name not in self._cells:
                self._cells[name] = (title, text)
            elif text:
                left.leave(where, row.line, f"{title}: {text}")

    def text(self, name: str) -> str:
        return self._cells.get(name, ("", ""))[1]

    def parsed(self, name: str, parse: Callable[[str], Read | None]) -> Read | None:
        title, text = self._cells.get(name, ("", ""))
        found = parse(text) if text else None
        if text and found is None:
            self._left.leave(self._where, self.line, f"{title}: {text}", NOT_READABLE)
        return found


def word_of(words: type[Word], text: str) -> Word | None:
    """One of the words, written with blanks, hyphens or underscores."""
    wanted = re.sub(r"[\s_-]+", "_", text.strip().casefold())
    return next((word for word in words if word.value == wanted), None)


def _status(text: str) -> ActionStatus | None:
    return word_of(ActionStatus, _STATUSES.get(text.strip().casefold(), text))


def _free(key: str, taken: list[str]) -> str:
    while key in taken:
        key += "x"
    return key
