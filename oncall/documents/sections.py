"""One section of the documents and the rows behind it: compare, create, change, prune, export."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from oncall.documents import rows
from oncall.documents.columns import AnyColumn
from oncall.documents.problems import Problem
from oncall.documents.run import Directory, Index, Run
from oncall.documents.shapes import Entry, Mention, Shape
from oncall.documents.wording import difference

M = TypeVar("M", bound=Model)


@dataclass(slots=True)
class Item(Generic[M]):
    """An entry with its row. `wanted` holds what is to become different: for a new row, all that was written."""

    entry: Entry
    row: M
    wanted: dict[str, Any]
    new: bool
    before: dict[str, Any]


class Section(Generic[M]):
    """Subclasses say what their fields are; the order of sections is that of their references."""

    name: ClassVar[str]
    noun: ClassVar[str]
    shape: ClassVar[type[Shape]]
    columns: ClassVar[tuple[AnyColumn, ...]]
    #: Fields that live in rows of their own, written by `write_parts`.
    parts: ClassVar[tuple[str, ...]] = ()

    # -- What a subclass answers ---------------------------------------------------------------------------------------
    model: type[M]

    def rows(self) -> QuerySet[M]:
        """Every object with all that `document` reads."""
        raise AttributeError(f"{type(self).__name__} does not say which rows there are")

    def identity(self, row: M) -> str:
        return str(getattr(row, "slug", ""))

    def indexes(self) -> dict[str, Index]:
        """Names of objects → keys: of this section, and of what its objects hold that others may name."""
        return {self.name: lambda: {self.identity(row): row.pk for row in self.model._default_manager.all()}}

    def names(self, run: Run) -> dict[str, set[str]]:
        """What others may name once the files are applied, by section."""
        return {self.name: set(run.directory.ids(self.name)) | run.named(self.name)}

    def verify(self, run: Run, entry: Entry, row: M | None) -> Iterator[Problem]:
        """What only the database can tell is wrong with an entry; nothing has been written yet."""
        yield from ()

    def new(self, run: Run, entry: Entry) -> M:
        """A row for a new object, its columns not filled yet."""
        return self.model()

    def defaults(self, entry: Entry) -> dict[str, Any]:
        """Fields that a new object gets where they were left out and the model has no default."""
        return {}

    def wanted(self, entry: Entry, row: M, before: dict[str, Any]) -> dict[str, Any]:
        """The written fields, given what the row says now."""
        return dict(entry.shape.given())

    def before_writing(self, run: Run, changed: Sequence[Item[M]]) -> None:
        """Called once, before existing objects are changed."""

    def write_parts(self, run: Run, items: Sequence[Item[M]]) -> None:
        """Bring rows of their own to `wanted`, for all new and changed objects."""

    def parts_of(self, row: M, directory: Directory) -> dict[str, Any]:
        """The parts of an object, as in documents."""
        return {}

    def keep(self, run: Run, row: M) -> str:
        """Why an object that the files do not name cannot be removed; nothing if it can."""
        return ""

    def remove(self, run: Run, row: M) -> None:
        rows.delete([row], run.now)
        run.changes.append(f"- {self.noun} {self.identity(row)}")

    # -- What all share ------------------------------------------------------------------------------------------------
    def document(self, row: M, directory: Directory) -> dict[str, Any]:
        """The object as in documents, every field written."""
        return {column.field: column.read(row, directory) for column in self.columns} | self.parts_of(row, directory)

    def export(self, directory: Directory) -> list[dict[str, Any]]:
        found = {self.identity(row): self.document(row, directory) for row in self.rows()}
        return [found[name] for name in sorted(found)]

    def check(self, run: Run, known: dict[str, set[str]]) -> None:
        """Errors for names that stand for nothing and for what the database forbids; warnings for doubts."""
        present = {self.identity(row): row for row in self.rows()} if run.entries.get(self.name) else {}
        for entry in run.entries.get(self.name, []):
            run.warn(doubts(entry))
            for mention in entry.shape.mentions():
                if mention.name not in known[mention.section]:
                    problem = entry.problem(unknown(mention), *mention.path)
                    (run.warnings if mention.soft else run.errors).append(problem)
            run.errors += self.verify(run, entry, present.get(entry.identity))

    def apply(self, run: Run) -> None:
        """Create and change what the files say. Call for all sections in order, after every section's `check`."""
        entries = run.entries.get(self.name, [])
        present = {self.identity(row): row for row in self.rows()} if entries else {}
        fresh: list[Item[M]] = []
        changed: list[Item[M]] = []
        for entry in entries:
            row = present.get(entry.identity)
            if row is None:
                wanted = self.defaults(entry) | entry.shape.given()
                fresh.append(Item(entry, self.new(run, entry), wanted, new=True, before={}))
                continue
            before = self.document(row, run.directory)
            wanted = self.wanted(entry, row, before)
            different = {field: value for field, value in wanted.items() if self._differs(before.get(field), value)}
            if different:
                changed.append(Item(entry, row, different, new=False, before=before))
        if changed:
            self.before_writing(run, changed)
        self._write(run, fresh, changed)

    def built_in(self, row: M) -> bool:
        """What the product itself makes stays, though no file names it."""
        return False

    def prune(self, run: Run) -> None:
        """Remove what the files do not name, if they have this section at all."""
        if self.name not in run.entries:
            return
        named = run.named(self.name)
        for row in self.rows():
            if self.identity(row) in named or self.built_in(row):
                continue
            if reason := self.keep(run, row):
                message = _("%(it)s cannot be pruned: %(why)s") % {"it": self.identity(row), "why": reason}
                run.errors.append(Problem(*_where(run), self.name, message))
            else:
                self.remove(run, row)
        run.directory.forget(*self.indexes())

    def _differs(self, before: Any, wanted: Any) -> bool:
        return bool(before != wanted)

    def _write(self, run: Run, fresh: Sequence[Item[M]], changed: Sequence[Item[M]]) -> None:
        for item in (*fresh, *changed):
            for column in self.columns:
                if column.field in item.wanted:
                    column.write(item.row, item.wanted[column.field], run.directory)
        rows.create(self.model, [item.row for item in fresh], run.now)
        for item in changed:
            touched = [name for column in self.columns if column.field in item.wanted for name in column.attributes]
            if touched:
                rows.save(item.row, touched, run.now)
        if fresh or changed:
            run.directory.forget(*self.indexes())
        self.write_parts(run, [*fresh, *changed])
        run.directory.forget(*self.indexes())
        run.changes += [f"+ {self.noun} {item.entry.identity}" for item in fresh]
        for item in changed:
            told = "; ".join(difference(field, item.before.get(field), item.wanted[field]) for field in item.wanted)
            run.changes.append(f"~ {self.noun} {item.entry.identity}: {told}")


def doubts(entry: Entry) -> Iterator[Problem]:
    """What the shape itself finds odd, as warnings."""
    for path, message in entry.shape.doubts():
        yield entry.problem(message, *path)


def unknown(mention: Mention) -> str:
    """That a name stands for nothing, in words."""
    section = _("users and channels") if mention.section == "aware" else mention.section
    return _("there is no %(name)s among %(section)s") % {"name": mention.name, "section": section}


def wanting(items: Iterable[Item[M]], field: str) -> list[tuple[M, Any]]:
    """The rows that shall get another value of this part, each with that value."""
    return [(item.row, item.wanted[field]) for item in items if field in item.wanted]


def _where(run: Run) -> tuple[str, int]:
    """Objects that no file names have no line; the run's first file stands for all."""
    for entries in run.entries.values():
        for entry in entries:
            return entry.document.file, 1
    return "--prune", 1
