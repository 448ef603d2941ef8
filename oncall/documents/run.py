"""One run over the documents: who is called what, what was changed, what is wrong."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime

from oncall.documents.problems import Problem
from oncall.documents.shapes import Entry

#: The objects of a section as name → key of the row.
Index = Callable[[], dict[str, int]]


class Directory:
    """Names of objects and the keys of their rows, each section read once until it is changed."""

    def __init__(self, indexes: Mapping[str, Index]) -> None:
        self._indexes = indexes
        self._ids: dict[str, dict[str, int]] = {}
        self._names: dict[str, dict[int, str]] = {}

    def ids(self, section: str) -> dict[str, int]:
        if section not in self._ids:
            self._ids[section] = self._indexes[section]()
        return self._ids[section]

    def names(self, section: str) -> dict[int, str]:
        if section not in self._names:
            self._names[section] = {key: name for name, key in self.ids(section).items()}
        return self._names[section]

    def forget(self, *sections: str) -> None:
        """Rows of these sections were changed: read them again."""
        for section in sections:
            self._ids.pop(section, None)
            self._names.pop(section, None)


@dataclass(slots=True)
class Run:
    """What sections share while they are applied, inside one transaction. Entered contexts and callbacks of `stack`
    end after everything is written; `last` is done before that, when every section stands as the files say."""

    now: datetime
    entries: dict[str, list[Entry]]
    directory: Directory
    stack: ExitStack
    changes: list[str] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)
    keys: list[tuple[str, str]] = field(default_factory=list)
    last: list[Callable[[], None]] = field(default_factory=list)

    def named(self, section: str) -> set[str]:
        """Identities of the objects that the files name in this section."""
        return {entry.identity for entry in self.entries.get(section, [])}

    def warn(self, problems: Iterable[Problem]) -> None:
        self.warnings += problems
