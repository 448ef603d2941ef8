"""A postmortem goes out: as Markdown or JSON, which come in again as they were, as a page, or as PDF."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from postmortems.exchange import pdf, sheet
from postmortems.logic import writing_json, writing_markdown
from postmortems.models import Postmortem
from postmortems.values import document_of


@dataclass(frozen=True, slots=True)
class Exported:
    """A file: its name, its type with the charset, its bytes."""

    name: str
    content_type: str
    body: bytes


def _markdown(row: Postmortem) -> bytes:
    return writing_markdown.write(document_of(row)).encode()


def _json(row: Postmortem) -> bytes:
    return writing_json.write(document_of(row)).encode()


def _html(row: Postmortem) -> bytes:
    return sheet.page(row, inline=True).encode()


def _pdf(row: Postmortem) -> bytes:
    return pdf.write(sheet.page(row))


# format → (how the file's name ends, its type, what writes it)
_WRITERS: Final[Mapping[str, tuple[str, str, Callable[[Postmortem], bytes]]]] = MappingProxyType(
    {
        "markdown": ("md", "text/markdown; charset=utf-8", _markdown),
        "html": ("html", "text/html; charset=utf-8", _html),
        "pdf": ("pdf", "application/pdf", _pdf),
        "json": ("json", "application/json", _json),
    }
)
FORMATS: Final = tuple(_WRITERS)


def export(row: Postmortem, form: str) -> Exported:
    """As one of FORMATS, in UTC; who may have it is judged by the caller. Raises PdfMissing."""
    ending, content_type, write = _WRITERS[form]
    return Exported(f"{row.number}.{ending}", content_type, write(row))
