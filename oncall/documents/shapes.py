"""Shapes of entries: what each section's mappings may hold, all errors at once, each with file, line and field."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pydantic import BaseModel, ConfigDict, ValidationError

from oncall.documents.problems import Invalid, Path, Problem
from oncall.documents.reading import Document

# Words of INTERFACE §4 that later issues bring; until then they are refused with this word.
LATER_FIELDS: Final = {"windows"}
LATER_SECTIONS: Final = {"stakeholders", "roles", "components", "runbooks", "postmortem_templates"}


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in an entry that stands for an object of a section. `soft`: an unknown one is no error."""

    path: Path
    section: str
    name: str
    soft: bool = False


class Shape(BaseModel):
    """A mapping with known keys only. Fields that were not written keep their value in the database."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    noun: ClassVar[str] = ""

    @property
    def identity(self) -> str:
        """What the object is found by."""
        raise AttributeError(f"{type(self).__name__} has no identity of its own")

    def mentions(self) -> Iterator[Mention]:
        """Every object of another section that this entry names."""
        yield from ()

    def faults(self) -> Iterator[tuple[Path, str]]:
        """What is wrong between fields that are right one by one."""
        yield from ()

    def doubts(self) -> Iterator[tuple[Path, str]]:
        """What is allowed, and most probably not meant."""
        yield from ()

    def given(self) -> dict[str, Any]:
        """The written fields by their names in documents, as plain values."""
        dumped = self.model_dump(by_alias=True)
        names = {name: field.alias or name for name, field in type(self).model_fields.items()}
        return {alias: dumped[alias] for name, alias in names.items() if name in self.model_fields_set}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a section and where it stands."""

    shape: Any
    document: Document
    path: Path

    @property
    def identity(self) -> str:
        return str(self.shape.identity)

    def problem(self, message: str, *field: str | int) -> Problem:
        return self.document.problem((*self.path, *field), message)


def entries(documents: Sequence[Document], shapes: Mapping[str, type[Shape]]) -> dict[str, list[Entry]]:
    """The entries by section, for those sections that the documents name. Raises Invalid with every error of shape."""
    found: dict[str, dict[str, Entry]] = {}
    errors: list[Problem] = []
    for document in documents:
        if not isinstance(document.value, dict):
            errors.append(document.problem((), _("write a mapping of sections: %s") % ", ".join(shapes)))
            continue
        for name, items in document.value.items():
            if name not in shapes:
                errors.append(document.problem((name,), _unknown_section(name, shapes)))
            elif not isinstance(items, list):
                errors.append(document.problem((name,), _("write a list ([] for an empty one)")))
            else:
                there = found.setdefault(name, {})
                for index, item in enumerate(items):
                    _add(there, document, (name, index), item, shapes[name], errors)
    if errors:
        raise Invalid(errors)
    return {name: list(there.values()) for name, there in found.items()}


def _unknown_section(name: str, shapes: Iterable[str]) -> str:
    if name in LATER_SECTIONS:
        return _("this comes with a later issue; leave it out")
    return _("unknown section; there are %s") % ", ".join(shapes)


def _add(
    there: dict[str, Entry], document: Document, path: Path, item: Any, shape: type[Shape], errors: list[Problem]
) -> None:
    try:
        entry = Entry(shape.model_validate(item), document, path)
    except ValidationError as refused:
        for error in refused.errors(include_url=False):
            field = tuple(part for part in error["loc"] if part != "[key]")
            errors.append(document.problem((*path, *field), _message(error, shape)))
        return
    errors += [entry.problem(message, *field) for field, message in entry.shape.faults()]
    first = there.setdefault(entry.identity, entry)
    if first is not entry:
        where = f"{first.document.file}:{first.document.line(first.path)}"
        errors.append(entry.problem(_("%(it)s stands in %(where)s already") % {"it": entry.identity, "where": where}))


def _known_fields(shape: type[BaseModel]) -> str:
    return ", ".join(field.alias or name for name, field in shape.model_fields.items())


def _message(error: Any, shape: type[Shape]) -> str:
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "extra_forbidden":
        if error["loc"][-1] in LATER_FIELDS:
            return _("this comes with a later issue; leave it out")
        known = _(" (known: %s)") % _known_fields(shape) if len(error["loc"]) == 1 else ""
        return _("unknown field") + known
    plain = _PLAIN.get(kind)
    return plain(context) if plain else str(error["msg"]).removeprefix("Value error, ")


def _characters(form: str) -> Callable[[Mapping[str, Any]], str]:
    def told(context: Mapping[str, Any]) -> str:
        count = int(context.get("max_length", context.get("min_length", 0)))
        return form % {"words": ngettext("%d character", "%d characters", count) % count}

    return told


_PLAIN: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    "missing": lambda _context: _("this is required"),
    "string_type": lambda _context: _('write text (in "quotes" where it looks like something else)'),
    "int_type": lambda _context: _("write a whole number"),
    "bool_type": lambda _context: _("write true or false"),
    "list_type": lambda _context: _("write a list ([] for an empty one)"),
    "dict_type": lambda _context: _("write a mapping"),
    "model_type": lambda _context: _("write a mapping"),
    "model_attributes_type": lambda _context: _("write a mapping"),
    "literal_error": lambda context: _("write one of %s") % context["expected"],
    "greater_than_equal": lambda context: _("write %s or more") % context["ge"],
    "less_than_equal": lambda context: _("write at most %s") % context["le"],
    "too_short": lambda _context: _("write at least one"),
    "string_too_long": _characters("write at most %(words)s"),
    "string_too_short": _characters("write at least %(words)s"),
}
