"""What an importer hands back: the document, what it could not place, and what it concluded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Final

from postmortems.logic.amounts import Clock
from postmortems.logic.document import Document, Factor
from postmortems.logic.moments import instants_in, unseen_for, with_onset
from postmortems.logic.severity_words import level_in
from postmortems.logic.wording import Sentence, gettext_noop

#: A time that lies so much before the one above it belongs to the next day.
BACKWARDS: Final = timedelta(hours=6)
DAY: Final = timedelta(days=1)

NOT_KNOWN: Final = gettext_noop("There is no place for it in a postmortem.")
NOT_READABLE: Final = gettext_noop("It cannot be read as what belongs here.")
NO_DATE: Final = gettext_noop("Without the date of the incident it has no place on the timeline.")
KEPT_AS_TEXT: Final = gettext_noop("Kept as text under “Impact”: it is no plain amount.")


class NotAPostmortem(ValueError):  # noqa: N818 — an answer, not a fault
    """The file has not the shape of any postmortem that can be read."""


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Something of the file that is not in the document. `line` counts from 1, None where it is not known."""

    where: str
    line: int | None
    text: str
    reason: Sentence


@dataclass(frozen=True, slots=True)
class Note:
    """Something that the importer concluded, or read in one of several possible ways."""

    where: str
    message: Sentence


@dataclass(frozen=True, slots=True)
class Reading:
    """`unplaced` and `notes` in the order of the file."""

    document: Document
    unplaced: tuple[Unplaced, ...] = ()
    notes: tuple[Note, ...] = ()


class Leftovers:
    """Collects what is not placed and what is concluded while a file is read."""

    def __init__(self) -> None:
        self.unplaced: list[Unplaced] = []
        self.notes: list[Note] = []

    def leave(self, where: str, line: int | None, text: str, reason: str = NOT_KNOWN) -> None:
        self.unplaced.append(Unplaced(where, line, text, Sentence(reason)))

    def note(self, where: str, message: str, values: Mapping[str, str] | None = None) -> None:
        note = Note(where, Sentence(message, values or {}))
        if note not in self.notes:
            self.notes.append(note)

    def reading(self, document: Document) -> Reading:
        """With what was found of the document, as it is."""
        left = sorted(self.unplaced, key=lambda each: each.line or 0)
        return Reading(document, tuple(left), tuple(self.notes))


class Days:
    """The dates of times of day that follow one another, over midnight too."""

    def __init__(self, day: date) -> None:
        self._day = day
        self._last: datetime | None = None

    def instant(self, clock: Clock) -> datetime | None:
        """The UTC instant of the next line's time."""
        at = clock.instant(self._day)
        if at is None:
            return None
        if clock.on is None and self._last is not None and self._last - at > BACKWARDS:
            at += DAY
            self._day += DAY
        if clock.on is not None:
            self._day = clock.on
        self._last = at
        return at


def concluded(document: Document, left: Leftovers) -> Document:
    """With the named instants that its timeline and its words tell; each is noted."""
    found = instants_in(document.timeline)
    found = with_onset(found, unseen_for(f"{document.went_well}\n{document.detection}\n{document.summary}"))
    for each in fields(found):
        at = getattr(found, each.name)
        if at is not None:
            text = gettext_noop("Taken from the text: %(instant)s at %(at)s UTC.")
            left.note(f"instants.{each.name}", text, {"instant": each.name, "at": f"{at:%Y-%m-%d %H:%M}"})
    level = level_in(document.title)
    if not document.severity and level:
        text = gettext_noop("The title says %(level)s; the severity itself is not given.")
        left.note("severity", text, {"level": level})
    return replace(document, instants=found)


def numbered(texts: Iterable[str]) -> tuple[Factor, ...]:
    """Factors with the keys F1, F2 and so on."""
    return tuple(Factor(f"F{number}", text) for number, text in enumerate(texts, 1))


def one_line(text: str) -> str:
    """Blanks and line ends as single blanks."""
    return " ".join(text.split())
