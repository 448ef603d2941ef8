"""Markdown line by line: what may stand in a text without being taken for the file's own headings, lists and tables."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from postmortems.logic.document import Person

HEADING: Final = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?[ \t]*")
_FENCE: Final = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})(.*)")
_SPECIAL: Final = r"(?:#|`{3}|~{3}|[-*+](?:\s|$|\*)|\d{1,3}[.)](?:\s|$)|\|)"
_ESCAPED: Final = re.compile(rf"(\s*)\\(\\*{_SPECIAL}.*)", re.DOTALL)
_ANY: Final = re.compile(rf"(\s*)(\\*{_SPECIAL}.*)", re.DOTALL)
_ALWAYS: Final = re.compile(rf"(\s*)((?:\\+{_SPECIAL}|#|`{{3}}|~{{3}}).*)", re.DOTALL)
_BULLET: Final = re.compile(r"(\s*)([-*+]|\d{1,3}[.)])(?:\s+(.*))?")
_PERSON: Final = re.compile(r"(.*?)\s*\(@([^()\s]+)\)")
_RULER: Final = re.compile(r"\s*\|?\s*:?-{1,}:?\s*(?:\|\s*:?-{1,}:?\s*)*\|?\s*")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, its number counted from 1; `fenced` within a block of code."""

    number: int
    text: str
    fenced: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list, with the lines that belong to it; `depth` is its indentation."""

    line: int
    depth: int
    text: str
    numbered: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: cells by the names in its head, in lower case; cells beyond it by their number."""

    line: int
    cells: dict[str, str]


def lines_of(text: str) -> list[Line]:
    """The lines of a file; a fence that is never closed is none."""
    texts = text.split("\n")
    code = _fenced(texts)
    return [Line(number + 1, each, number in code) for number, each in enumerate(texts)]


def escaped(text: str, *, item: bool = False) -> str:
    """A text as it can stand in a section: no line of it is a heading; as an `item`, no list, table or fence either."""
    texts = text.split("\n")
    code = set() if item else _fenced(texts)
    pattern = _ANY if item else _ALWAYS
    return "\n".join(
        each if number in code or not (found := pattern.fullmatch(each)) else f"{found[1]}\\{found[2]}"
        for number, each in enumerate(texts)
    )


def plain(lines: Iterable[Line]) -> str:
    """The text that `escaped` made into these lines, without blank lines at its ends."""
    return "\n".join(line.text if line.fenced else unescaped(line.text) for line in lines).strip()


def unescaped(line: str) -> str:
    """One line as its author wrote it."""
    found = _ESCAPED.fullmatch(line)
    return f"{found[1]}{found[2]}" if found else line


def item_lines(text: str) -> list[str]:
    """A text as one item of a list."""
    first, *others = escaped(text, item=True).split("\n")
    return [f"- {first}", *(f"  {line}" if line else "" for line in others)]


def items_of(lines: Iterable[Line], *, nested: bool = False) -> tuple[list[Item], list[Line]]:
    """The items of a list and the lines that belong to none. Unless `nested`, deeper items are lines of their item."""
    found: list[tuple[Line, re.Match[str], list[str]]] = []
    rest: list[Line] = []
    blanks: list[str] = []
    for line in lines:
        bullet = _BULLET.fullmatch(line.text)
        indented = line.text[:1] in {" ", "\t"}
        if bullet and (nested or not found or len(bullet[1]) <= len(found[0][1][1])):
            found.append((line, bullet, [unescaped(bullet[3] or "")]))
        elif not line.text.strip():
            blanks.append("")
            continue
        elif found and (indented or not blanks):
            found[-1][2].extend([*blanks, unescaped(_within(line.text, found[-1][1]))])
        else:
            rest.append(line)
        blanks = []
    made = [
        Item(line.number, len(bullet[1]), "\n".join(texts).strip(), bullet[2][0].isdigit())
        for line, bullet, texts in found
    ]
    return made, rest


def _within(text: str, bullet: re.Match[str]) -> str:
    """A further line of an item, without the indentation that makes it one."""
    indentation = len(bullet[1]) + len(bullet[2]) + 1
    return text[:indentation].lstrip(" \t") + text[indentation:]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; line ends within cells become <br>."""
    lines = [head, ["---"] * len(head), *([cell(each) for each in row] for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def rows_of(lines: Iterable[Line]) -> tuple[list[Row], list[Line]]:
    """The rows of the tables among the lines, and the other lines that are not blank."""
    rows: list[Row] = []
    rest: list[Line] = []
    head: list[str] | None = None
    for line in lines:
        if line.fenced or "|" not in line.text:
            head = None
            rest += [line] if line.text.strip() else []
        elif head is None:
            head = [name.casefold() for name in _cells(line.text)]
        elif not _RULER.fullmatch(line.text):
            cells = _cells(line.text)
            names = [*head, *(str(number + 1) for number in range(len(head), len(cells)))]
            rows.append(Row(line.number, dict(zip(names, cells, strict=False))))
    return rows, rest


def cell(text: str) -> str:
    """A text as it can stand in a cell."""
    text = text.replace("\\", "\\\\").replace("|", "\\|").replace("<br>", "\\<br>")
    return text.replace("\n", "<br>")


def joined(names: Iterable[str]) -> str:
    """Names in a row, divided by commas; those within names are marked."""
    return ", ".join(re.sub(r"([\\,;])", r"\\\1", name) for name in names)


def parted(text: str) -> list[str]:
    """The names that `joined` put in a row, or that somebody divided by commas or semicolons."""
    parts = (re.sub(r"\\([\\,;])", r"\1", part).strip() for part in re.findall(r"(?:\\.|[^,;\\]|\\$)+", text))
    return [part for part in parts if part]


def written_person(person: Person | None) -> str:
    """Ana Lima (@ana), or only the name where it is not known which account that is."""
    if person is None:
        return ""
    return f"{person.name} (@{person.username})".strip() if person.username else person.name


def person_of(text: str) -> Person | None:
    """The person that `written_person` wrote; None for an empty text."""
    text = " ".join(text.split())
    found = _PERSON.fullmatch(text)
    if found:
        return Person(found[1], found[2])
    return Person(text) if text else None


def _cells(line: str) -> list[str]:
    inner = line.strip()
    inner = inner.removeprefix("|")
    inner = inner[:-1] if (inner.endswith("|") and not inner.endswith("\\|")) or inner.endswith("\\\\|") else inner
    return (
        [_uncell(each.strip()) for each in re.findall(r"(?:^|(?<=\|))((?:\\.|[^|\\]|\\$)*)(?:\||$)", inner)]
        if inner
        else [""]
    )


def _uncell(text: str) -> str:
    """Left to right, so that a marked backslash marks nothing."""
    told = {"<br>": "\n", "\\\\": "\\", "\\|": "|", "\\<br>": "<br>"}
    return re.sub(r"\\\\|\\\||\\<br>|<br>", lambda found: told[found[0]], text)


def _fenced(texts: Sequence[str]) -> set[int]:
    """The numbers of the lines within closed fences, and of the fences."""
    found: set[int] = set()
    fences = [(number, fence) for number, text in enumerate(texts) if (fence := _FENCE.fullmatch(text))]
    never: dict[str, int] = {}  # sign → the shortest fence that was sought in vain; longer ones are not sought again
    inside = -1
    for place, (number, opening) in enumerate(fences):
        mark = opening[1]
        if number <= inside or len(mark) >= never.get(mark[0], len(mark) + 1):
            continue
        later = (fences[n] for n in range(place + 1, len(fences)))
        end = next((n for n, fence in later if _closes(fence, mark)), None)
        if end is None:
            never[mark[0]] = len(mark)
        else:
            found.update(range(number, end + 1))
            inside = end
    return found


def _closes(fence: re.Match[str], mark: str) -> bool:
    return fence[1][0] == mark[0] and len(fence[1]) >= len(mark) and not fence[2].strip()
