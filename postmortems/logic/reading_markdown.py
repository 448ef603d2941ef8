"""The Markdown shape of a postmortem: what `writing_markdown` writes, and what teams already have."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final, TypeVar

from postmortems.logic.amounts import clock_at, count_of, date_of, duration_of, money_of, percent_of
from postmortems.logic.document import Document, FiveWhys, Impact, Instants, Review, RootCause, TimelineItem, Waiver
from postmortems.logic.markdown_lines import Item, Line, items_of, parted, person_of, plain, unescaped
from postmortems.logic.markdown_names import IMPACT, INSTANTS
from postmortems.logic.markdown_outline import Outline, Said, outline_of
from postmortems.logic.markdown_tables import Tables
from postmortems.logic.markdown_whys import whys_of
from postmortems.logic.reading import (
    NO_DATE,
    NOT_READABLE,
    Days,
    NotAPostmortem,
    Reading,
    concluded,
)
from postmortems.logic.severity_words import level_in
from postmortems.logic.wording import gettext_noop

Read = TypeVar("Read")

_EVENT: Final = re.compile(r"(?:\s*\[#(\d{1,18})\])?\s*(?:[-–—:|]\s?)?\s*(.*)", re.DOTALL)
_BOLD_TIME: Final = re.compile(r"(\*\*|__|`)([\d: -]{4,19}(?:\s?UTC)?)\1")
_LABELLED: Final = re.compile(r"([^:\n]{1,60}):\s?(.*)", re.DOTALL)
NOT_UTC: Final = gettext_noop("Its time zone is not UTC: write the times in UTC.")
TAKEN_FOR_UTC: Final = gettext_noop("Times without a zone were read as UTC.")
# Amounts within a sentence, where a team wrote one instead of fields.
_IN_WORDS: Final = {
    "failed_requests": r"(\d[\d,.]*)\s+(?:[a-z]+\s+)?failed\s+\w+|"
    r"(\d[\d,.]*)\s+(?:requests|checkouts|orders|payments|transactions)\s+failed",
    "users_affected": r"(\d[\d,.]*)\s+(?:[a-z]+\s+)?(?:users|customers)\b",
    "support_tickets": r"(\d[\d,.]*)\s+(?:support\s+)?tickets\b",
}


def read(text: str) -> Reading:
    """A file as a document. Raises NotAPostmortem where it has none of the sections that a postmortem has."""
    outline = outline_of(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    if not outline.sections:
        raise NotAPostmortem("The file has no heading of a postmortem, as “## Timeline” or “## Root cause”.")
    reader = _Reader(outline)
    document = reader.document()
    # A file of ours says its key times itself, and an amount in its words is no more than words.
    if "key_times" not in outline.sections:
        document = concluded(_with_amounts(document), reader)
    return reader.reading(document)


class _Reader(Tables):
    """Reads section by section, and leaves each line that is not what belongs there."""

    def __init__(self, outline: Outline) -> None:
        super().__init__()
        self._outline = outline
        for line in outline.rest:
            self.leave_line("", line)

    def document(self) -> Document:
        day = self._field("date", date_of)
        return Document(
            title=self._outline.title or self._said("title"),
            happened_on=day,
            severity=self._field("severity", level_in) or "",
            assessed=self._field("assessed", level_in) or "",
            stated_duration=self._field("duration", duration_of),
            instants=self._instants(),
            authors=tuple(self._authors()),
            services=tuple(parted(self._said("services"))),
            tags=tuple(parted(self._said("tags"))),
            summary=self._prose("summary"),
            impact=self._impact(),
            timeline=tuple(self._timeline(day)),
            detection=self._prose("detection"),
            root_cause=RootCause(self._prose("root_cause"), self._waiver()),
            five_whys=self._five_whys(),
            factors=self.factors(self._lines("factors")),
            went_well=self._prose("went_well"),
            went_poorly=self._prose("went_poorly"),
            got_lucky=self._prose("got_lucky"),
            lessons=self._prose("lessons"),
            gaps=tuple(self.gaps(self._lines("gaps"))),
            actions=tuple(self.actions(self._lines("actions"), day)),
            attendees=tuple(self.attendees(self._lines("attendees"))),
            review=self._review(),
        )

    def _lines(self, name: str) -> list[Line]:
        section = self._outline.sections.get(name)
        return section.lines if section else []

    def _prose(self, name: str) -> str:
        return plain(self._lines(name))

    def _said(self, name: str) -> str:
        said = self._outline.fields.get(name)
        return said.text if said else ""

    def _field(self, name: str, parse: Callable[[str], Read | None]) -> Read | None:
        text = self._said(name)
        found = parse(text) if text else None
        if text and not found and name in self._outline.fields:
            said: Said = self._outline.fields[name]
            self.leave(name, said.line, f"{said.label}: {said.text}", NOT_READABLE)
        return found

    def _authors(self) -> Iterator[Any]:
        items, rest = items_of(self._lines("authors"))
        names = [*parted(self._said("authors")), *(item.text for item in items)]
        names += [name for line in rest for name in parted(line.text)]
        yield from (person for name in names if (person := person_of(name)))

    def _labelled(self, name: str, lines: list[Line]) -> Iterator[tuple[Item, str, str]]:
        """The items "label: value" of a list; other lines are left."""
        items, rest = items_of(lines)
        for line in rest:
            self.leave_line(name, line)
        for item in items:
            found = _LABELLED.fullmatch(item.text)
            yield item, found[1].casefold() if found else "", found[2].strip() if found else item.text

    def _at(self, name: str, item: Item, text: str) -> datetime | None:
        clock = clock_at(text)
        at = clock[0].instant(clock[0].on) if clock and clock[0].on and not clock[1].strip() else None
        if at is None:
            self.leave(name, item.line, item.text, NOT_READABLE)
        return at

    def _instants(self) -> Instants:
        fields = {label.casefold(): field for field, label in INSTANTS.items()}
        found: dict[str, Any] = {}
        for item, label, text in self._labelled("key_times", self._lines("key_times")):
            if label in fields:
                found[fields[label]] = self._at("key_times", item, text)
            else:
                self.leave("key_times", item.line, item.text)
        return Instants(**found)

    def _review(self) -> Review:
        found: dict[str, datetime | None] = {}
        for item, label, text in self._labelled("review", self._lines("review")):
            if label in {"scheduled", "held"}:
                found[label] = self._at("review", item, text)
            else:
                self.leave("review", item.line, item.text)
        return Review(found.get("scheduled"), found.get("held"))

    def _waiver(self) -> Waiver | None:
        found: dict[str, str] = {}
        for item, label, text in self._labelled("waiver", self._lines("waiver")):
            if label in {"reason", "signed by"}:
                found[label] = text
            else:
                self.leave("waiver", item.line, item.text)
        return Waiver(found.get("reason", ""), person_of(found.get("signed by", ""))) if found else None

    def _five_whys(self) -> FiveWhys:
        items, rest = items_of(self._lines("five_whys"), nested=True)
        symptom = ""
        for line in rest:
            found = re.fullmatch(r"\s*\**symptom:?\**:?\s*(.*)", line.text, re.IGNORECASE)
            if found and not symptom:
                symptom = found[1]
            else:
                self.leave_line("five_whys", line)
        return FiveWhys(symptom, whys_of(items))

    def _impact(self) -> Impact:
        lines = self._lines("impact")
        labels = {label.casefold(): name for name, label in IMPACT.items()}
        found: dict[str, str] = {}
        taken = 0
        for line in lines:
            part = re.fullmatch(r"[-*+] ([^:]{1,40}):\s*(.+)", line.text)
            name = labels.get(part[1].casefold()) if part else None
            if part is None or name is None or name in found or not _readable(name, part[2]):
                if line.text.strip():
                    break
            else:
                found[name] = part[2]
            taken += 1
        words = [unescaped(self._said("impact")), plain(lines[taken:])]
        amount, currency = money_of(found.get("revenue", "")) or (None, "")
        return Impact(
            users_affected=count_of(found.get("users_affected", "")),
            revenue_amount=amount,
            revenue_currency=currency,
            error_budget_percent=percent_of(found.get("error_budget_percent", "")),
            failed_requests=count_of(found.get("failed_requests", "")),
            support_tickets=count_of(found.get("support_tickets", "")),
            text="\n\n".join(each for each in words if each),
        )

    def _timeline(self, day: date | None) -> Iterator[TimelineItem]:
        section = self._outline.sections.get("timeline")
        if section is None:
            return
        items, rest = items_of(section.lines)
        for line in rest:
            self.leave_line("timeline", line)
        zone = re.search(r"\(([^)]*)\)", section.heading)
        if zone and not re.search(r"\b(?:UTC|GMT|Z)\b", zone[1]):
            for item in items:
                self.leave("timeline", item.line, item.text, NOT_UTC)
            return
        days = None if day is None else Days(day)
        for item in items:
            made = self._timeline_item(item, days, zoned=zone is not None)
            if made:
                yield made

    def _timeline_item(self, item: Item, days: Days | None, *, zoned: bool) -> TimelineItem | None:
        read_time = clock_at(_BOLD_TIME.sub(r"\2", item.text, count=1))
        at = None
        if read_time:
            clock, rest = read_time
            at = days.instant(clock) if days else clock.instant(clock.on) if clock.on else None
            if not zoned and not clock.zone_said:
                self.note("timeline", TAKEN_FOR_UTC)
        if read_time is None or at is None:
            self.leave("timeline", item.line, item.text, NO_DATE if read_time and days is None else NOT_READABLE)
            return None
        event = _EVENT.fullmatch(rest)
        entry = int(event[1]) if event and event[1] else None
        first, *others = (event[2] if event else rest).split("\n")
        return TimelineItem(at, "\n".join([unescaped(first), *others]), entry)


def _readable(name: str, text: str) -> bool:
    if name == "revenue":
        return money_of(text) is not None
    return (percent_of(text) if name == "error_budget_percent" else count_of(text)) is not None


def _with_amounts(document: Document) -> Document:
    """With the amounts that the impact's words tell, where no field does."""
    impact, found = document.impact, {}
    for name, pattern in _IN_WORDS.items():
        said = re.search(pattern, impact.text[:5_000], re.IGNORECASE | re.ASCII)
        number = count_of(next((group for group in said.groups() if group), "").rstrip(".,")) if said else None
        if number is not None and getattr(impact, name) is None:
            found[name] = number
    if impact.revenue_amount is None:
        words = re.finditer(r"(?:US\$|R\$|[$€£¥₹])\s?\d[\d,.]*[kKmM]?\b", impact.text[:5_000])
        money = next((sum for each in words if (sum := money_of(each[0].rstrip(".,")))), None)
        if money:
            return replace(
                document, impact=_filled(impact, {**found, "revenue_amount": money[0], "revenue_currency": money[1]})
            )
    return replace(document, impact=_filled(impact, found))


def _filled(impact: Impact, values: dict[str, Any]) -> Impact:
    return replace(impact, **values)
