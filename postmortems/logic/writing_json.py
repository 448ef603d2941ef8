"""A postmortem as JSON: instants in RFC 3339, the stated duration in ISO 8601, amounts as text."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from postmortems.logic.document import INSTANTS, Document
from postmortems.logic.reading import Leftovers, NotAPostmortem, Reading

FORMAT: Final = "incidentops/postmortem/1"
_ADAPTER: Final = TypeAdapter(Document)


def write(document: Document) -> str:
    """The whole document, empty fields too, indented, with a line end."""
    body = {"format": FORMAT, "postmortem": _ADAPTER.dump_python(document, mode="json")}
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def read(text: str) -> Reading:
    """What `write` wrote, as a document; fields that are not known here are listed.

    Raises NotAPostmortem for what is no such file, with the places that are wrong.
    """
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotAPostmortem("The file is not JSON.") from error
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise NotAPostmortem(f"The file does not say “format”: “{FORMAT}”.")
    try:
        document = _ADAPTER.validate_python(body.get("postmortem"))
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:20])
        raise NotAPostmortem(f"The file is not as it was written: {places}") from error
    if any(at.tzinfo is None for at in _instants(document)):
        raise NotAPostmortem("An instant in the file has no offset.")
    left = Leftovers()
    known = _ADAPTER.dump_python(document, mode="json")
    _unknown("", {key: value for key, value in body.items() if key not in {"format", "postmortem"}}, {}, left)
    _unknown("postmortem", body.get("postmortem"), known, left)
    return left.reading(document)


def _instants(document: Document) -> Iterator[datetime]:
    yield from (item.at for item in document.timeline)
    named = (getattr(document.instants, name) for name in INSTANTS)
    yield from (at for at in (*named, document.review.scheduled_at, document.review.held_at) if at is not None)


def _unknown(where: str, given: Any, known: Any, left: Leftovers) -> None:
    """Leaves each field that was given and is not in what came of it."""
    if isinstance(given, dict) and isinstance(known, dict):
        for key, value in given.items():
            place = f"{where}.{key}" if where else key
            if key in known:
                _unknown(place, value, known[key], left)
            else:
                left.leave(place, None, json.dumps(value, ensure_ascii=False)[:500])
    elif isinstance(given, list) and isinstance(known, list):
        for index, (one, other) in enumerate(zip(given, known, strict=False)):
            _unknown(f"{where}[{index}]", one, other, left)
