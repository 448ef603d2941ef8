"""What is wrong with a document, and where: file, line, field, message."""

from collections.abc import Iterable
from dataclasses import dataclass

from oncall.text import one_line

#: A place in a document: keys of mappings and indexes of lists, from the top.
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One error or warning. `line` counts from 1."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return one_line(f"{self.file}:{self.line}: {self.field}: {self.message}", 1_000)


class Invalid(Exception):  # noqa: N818 — an answer, not a fault
    """Files that are refused; `errors` are all that were found, in order of file and line. Nothing was written."""

    def __init__(self, errors: Iterable[Problem]) -> None:
        self.errors = sorted(set(errors), key=lambda problem: (problem.file, problem.line, problem.field))
        super().__init__("\n".join(map(str, self.errors)))


def written(path: Path) -> str:
    """A place as people read it: users[0].email."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "document"
