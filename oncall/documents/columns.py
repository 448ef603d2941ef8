"""How a field of a document and columns of a row stand for one another, both ways."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Model

if TYPE_CHECKING:
    from oncall.documents.run import Directory


@dataclass(frozen=True, slots=True)
class Column:
    """A field that is one column of the same name, or of another."""

    field: str
    attribute: str = ""

    @property
    def attributes(self) -> tuple[str, ...]:
        return (self.attribute or self.field,)

    def read(self, row: Model, directory: "Directory") -> Any:
        return getattr(row, self.attributes[0])

    def write(self, row: Model, value: Any, directory: "Directory") -> None:
        setattr(row, self.attributes[0], value)


@dataclass(frozen=True, slots=True)
class Reference:
    """A field that names an object of a section, stored as a foreign key."""

    field: str
    section: str

    @property
    def attributes(self) -> tuple[str, ...]:
        return (self.field,)

    def read(self, row: Model, directory: "Directory") -> Any:
        key = getattr(row, f"{self.field}_id")
        return directory.names(self.section).get(key)

    def write(self, row: Model, value: Any, directory: "Directory") -> None:
        setattr(row, f"{self.field}_id", None if value is None else directory.ids(self.section)[value])


@dataclass(frozen=True, slots=True)
class Composite:
    """A field that is several columns."""

    field: str
    attributes: tuple[str, ...]
    to_document: Callable[..., Any]
    to_row: Callable[[Any], tuple[Any, ...]]

    def read(self, row: Model, directory: "Directory") -> Any:
        return self.to_document(*(getattr(row, attribute) for attribute in self.attributes))

    def write(self, row: Model, value: Any, directory: "Directory") -> None:
        for attribute, part in zip(self.attributes, self.to_row(value), strict=True):
            setattr(row, attribute, part)


AnyColumn = Column | Reference | Composite


def distinct(values: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Flat values without repeats: a list in a document says a thing once, rows may say it twice."""
    return list({tuple(value.items()): value for value in values}.values())


def _hours_document(days: list[str], start: Any, end: Any) -> dict[str, Any] | None:
    return {"days": days, "from": start, "to": end} if days and start is not None and end is not None else None


def _hours_row(hours: dict[str, Any] | None) -> tuple[Any, ...]:
    return (hours["days"], hours["from"], hours["to"]) if hours else ([], None, None)


WORKING_HOURS = Composite("working_hours", ("working_days", "works_from", "works_to"), _hours_document, _hours_row)
