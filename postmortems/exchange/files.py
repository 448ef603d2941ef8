"""A file's text as documents: which of the known shapes it has, within bounds; what cannot be read is refused."""

from typing import Final

from django.utils.translation import gettext as _

from oncall.documents import Invalid, parse
from oncall.text import one_line, plain
from postmortems.logic import reading_markdown, reading_yaml, writing_json
from postmortems.logic.fitting import changed
from postmortems.logic.reading import NotAPostmortem, Reading

MAX_BYTES: Final = 300_000
MOST_ERRORS: Final = 20
MOST_DOCUMENTS: Final = 20


class Unreadable(Exception):  # noqa: N818  (it reads as what happened)
    """No postmortem can be read from it; `errors` say why, with lines where they are known."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


def decoded(raw: bytes) -> str:
    """The text of a file. Raises Unreadable for what is too large or no UTF-8."""
    if len(raw) > MAX_BYTES:
        raise Unreadable([_("It is too large: at most %(n)d kB.") % {"n": MAX_BYTES // 1000}])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Unreadable([_("Line %(line)d is not UTF-8.") % {"line": line}]) from error


def readings(name: str, text: str) -> list[Reading]:
    """The postmortems in a text: ours as JSON, YAML (several documents are several postmortems), else Markdown.

    Raises Unreadable.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise Unreadable([_("It is too large: at most %(n)d kB.") % {"n": MAX_BYTES // 1000}])
    text = text.removeprefix("\ufeff")
    if not text.lstrip().startswith("{"):  # in JSON a separator of lines is part of a word
        text = plain(text, MAX_BYTES)
    if not text.strip():
        raise Unreadable([_("It is empty.")])
    try:
        found = _read(one_line(name, 100) or "file", text)
    except NotAPostmortem as refused:
        raise Unreadable([plain(str(refused), 2_000)]) from refused
    except Invalid as refused:
        raise Unreadable([str(error) for error in refused.errors[:MOST_ERRORS]]) from refused
    # Escapes within a file may have made what its own text had not.
    return [Reading(changed(each.document, _clean), each.unplaced, each.notes) for each in found]


def _clean(text: str) -> str:
    return plain(text, MAX_BYTES)


def _read(name: str, text: str) -> list[Reading]:
    begins = text.lstrip()
    if begins.startswith("{") and '"format"' in begins:
        return [writing_json.read(text)]
    if not _is_yaml(name, begins):
        return [reading_markdown.read(text)]
    documents = parse([(name, text)])
    if not documents or len(documents) > MOST_DOCUMENTS:
        raise Unreadable([_("A file has one to %(n)d postmortems.") % {"n": MOST_DOCUMENTS}])
    return [reading_yaml.read(each.value, each.lines) for each in documents]


def _is_yaml(name: str, begins: str) -> bool:
    """By its name or by how its first line with words begins."""
    if name.casefold().endswith((".yaml", ".yml", ".json")):
        return True
    lines = (line for line in begins.splitlines() if line.strip() and not line.startswith(("# ", "---", "%")))
    return begins.startswith("{") or next(lines, "").startswith(("postmortem:", '"postmortem":'))
