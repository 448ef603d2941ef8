"""A Markdown file's outline: its title, the fields in bold before the first section, and the sections by name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from postmortems.logic.markdown_lines import HEADING, Line, lines_of
from postmortems.logic.markdown_names import FIELDS, SECTIONS, called

_BOLD: Final = re.compile(r"\*\*\s*([^*\n]{1,60}?)\s*(?::\s*\*\*|\*\*\s*:)")


@dataclass(frozen=True, slots=True)
class Said:
    """A field in bold, in its author's words."""

    line: int
    label: str
    text: str


@dataclass(slots=True)
class Section:
    """The lines of all sections of one name; `heading` is the first one's."""

    heading: str
    line: int
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Outline:
    """`rest` are lines that stand in no section known here, headings among them."""

    title: str = ""
    fields: dict[str, Said] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)
    rest: list[Line] = field(default_factory=list)


def outline_of(text: str) -> Outline:
    """The outline of a file; a heading below one that is known, and itself unknown, belongs to that section's text."""
    outline = Outline()
    place: list[Line] | None = None
    level = 7
    begun = False
    for line in lines_of(text):
        heading = None if line.fenced else HEADING.fullmatch(line.text)
        title = heading is not None and not begun and len(heading[1]) == 1
        begun = begun or bool(line.text.strip())
        name = called(heading[2] or "", SECTIONS) if heading and not title else None
        if heading and title:
            outline.title, level = (heading[2] or "").strip(), 7
        elif heading and name:
            place, level = _opened(outline, name, heading[2], line), len(heading[1])
        elif heading and len(heading[1]) <= level:
            place, level = outline.rest, len(heading[1])
            place.append(line)
        elif place is None:
            _before_sections(outline, line)
        else:
            place.append(line)
    outline.rest = [line for line in outline.rest if line.text.strip()]
    return outline


def _opened(outline: Outline, name: str, heading: str, line: Line) -> list[Line]:
    section = outline.sections.setdefault(name, Section(heading, line.number))
    if section.lines:  # a second one of this name is more of the first
        section.lines.append(Line(line.number, ""))
    return section.lines


def _before_sections(outline: Outline, line: Line) -> None:
    """Fields in bold, one or several to a line; whatever else stands there is left."""
    said = list(_said(line))
    for each in said:
        name = called(each.label, FIELDS)
        if name is None or name in outline.fields:
            outline.rest.append(Line(line.number, f"{each.label}: {each.text}"))
        else:
            outline.fields[name] = each
    if not said and line.text.strip():
        outline.rest.append(line)


def _said(line: Line) -> Iterator[Said]:
    marks = list(_BOLD.finditer(line.text))
    ends = [*(mark.start() for mark in marks[1:]), len(line.text)]
    for mark, end in zip(marks, ends, strict=False):
        yield Said(line.number, mark[1], line.text[mark.end() : end].strip(" \t|·•"))
