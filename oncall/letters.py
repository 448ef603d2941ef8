"""A longer message as values: what mail shows as a page and as text, and what is short enough for a chat.

Every word in it is data: whoever shows it escapes it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import orjson
from django.utils.translation import ngettext

from oncall.text import one_line

SHORT: Final = 5  # entries of a section where there is little room


@dataclass(frozen=True, slots=True)
class Figure:
    """One number and what it counts; `grave` asks for attention, which the words say as well."""

    value: str
    words: str
    link: str = ""
    grave: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing: what it is, what is known of it, and, with `act_link`, what its reader can do about it at once."""

    title: str
    facts: tuple[str, ...] = ()
    link: str = ""
    act: str = ""
    act_link: str = ""
    grave: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Entries or figures under a heading; `more` says how many are left out."""

    heading: str
    entries: tuple[Entry, ...] = ()
    figures: tuple[Figure, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Letter:
    """`link` with its button is where all of it is seen; `foot` says why it came."""

    heading: str
    lead: str = ""
    sections: tuple[Section, ...] = ()
    button: str = ""
    link: str = ""
    foot: str = ""


def dumps(letter: Letter) -> str:
    """As text for a column."""
    return orjson.dumps(letter).decode()


def loads(text: str) -> Letter:
    """What `dumps` wrote."""
    read: dict[str, Any] = orjson.loads(text)
    sections = tuple(
        Section(
            **{
                **section,
                "entries": tuple(Entry(**{**each, "facts": tuple(each["facts"])}) for each in section["entries"]),
                "figures": tuple(Figure(**each) for each in section["figures"]),
            }
        )
        for section in read["sections"]
    )
    return Letter(**{**read, "sections": sections})


def as_text(letter: Letter) -> str:
    """All of it in plain lines, each act's address under its entry."""
    return _text(letter, None)


def as_short_text(letter: Letter) -> str:
    """For a chat or a push: the first few of each section, no addresses."""
    return _text(letter, SHORT)


def left_out(count: int) -> str:
    """How many more there are."""
    return ngettext("and %(n)d more", "and %(n)d more", count) % {"n": count}


def _text(letter: Letter, most: int | None) -> str:
    parts = [letter.lead, *(_section(section, most) for section in letter.sections)]
    if most is None:
        parts.append(letter.foot)
    return "\n\n".join(part for part in parts if part)


def _section(section: Section, most: int | None) -> str:
    shown = section.entries if most is None else section.entries[:most]
    more = section.more + len(section.entries) - len(shown)
    lines = [f"{section.heading}:"] if section.heading else []
    lines += [f"{figure.words}: {figure.value}" for figure in section.figures]
    for entry in shown:
        lines += _entry(entry, with_act=most is None)
    return "\n".join([*lines, *([left_out(more)] if more else [])])


def _entry(entry: Entry, *, with_act: bool) -> Iterable[str]:
    yield "• " + " · ".join(one_line(word, 300) for word in (entry.title, *entry.facts))
    if with_act and entry.act_link:
        yield f"  {entry.act}: {entry.act_link}"
