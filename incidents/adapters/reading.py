"""Read fields out of decoded JSON that may hold anything: each function bounds what it gives and never raises."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

MAX_TITLE: Final = 1_024  # Events v2's own limit
MAX_DEDUP_KEY: Final = 255
MAX_WORD: Final = 64
MAX_SOURCE: Final = 255
MAX_NAME: Final = 128
MAX_VALUE: Final = 1_000
MAX_ENTRIES: Final = 64
MAX_LINKS: Final = 20
MAX_HREF: Final = 2_000

_BREAKS = re.compile("[\n\t\u2028\u2029]+")
_ADDRESS = re.compile(r'https?://[^\s<>"\\]+', re.IGNORECASE)
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

Link = dict[str, str]


def clip(text: str, limit: int) -> str:
    """`text` in at most `limit` characters; … stands for what was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def one_line(value: object, limit: int) -> str:
    """Text fit for a title, a mail's subject or a column: no line break, no blank ends."""
    if type(value) is str and len(value) <= limit and value.isprintable():
        return value.strip()  # nearly all are; what a line breaks at is not printable
    return clip(_BREAKS.sub(" ", as_text(value)).strip(), limit)


def as_text(value: object) -> str:
    """A scalar as its text, null as "", anything else as compact JSON."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool() | dict() | list():
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        case _:
            return str(value)


def as_mapping(value: object) -> Mapping[str, object]:
    """`value` where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """`value` where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text_map(value: object) -> dict[str, str]:
    """An object as name → text: at most 64 entries, names of 128 and values of 1,000 characters."""
    texts: dict[str, str] = {}
    for name, item in as_mapping(value).items():
        name = one_line(name, MAX_NAME)
        if name and len(texts) < MAX_ENTRIES:
            texts[name] = clip((item if type(item) is str else as_text(item)).strip(), MAX_VALUE)
    return texts


def merged(*maps: Mapping[str, str]) -> dict[str, str]:
    """Several name → text maps as one of at most 64 entries; where two name the same, the first holds."""
    result: dict[str, str] = {}
    for texts in maps:
        for name, text in texts.items():
            if len(result) < MAX_ENTRIES:
                result.setdefault(name, text)
    return result


def links(pairs: Iterable[tuple[object, object]]) -> list[Link]:
    """(address, text) pairs as links: only http and https with a host, each address once, at most 20."""
    found: dict[str, Link] = {}
    for address, text in pairs:
        if len(found) == MAX_LINKS:
            break
        href = _http(address)
        if href and href not in found:
            found[href] = {"href": href, "text": one_line(text, MAX_SOURCE) or href[:MAX_SOURCE]}
    return list(found.values())


def _http(value: object) -> str | None:
    if not isinstance(value, str) or len(value) > MAX_HREF:
        return None
    address = value.strip()
    if not _ADDRESS.fullmatch(address):
        return None
    try:
        return address if urlsplit(address).hostname else None
    except ValueError:
        return None


def instant(value: object, *, naive_is_utc: bool = False) -> datetime | None:
    """An RFC 3339 text as an aware UTC instant; None where it is no such text or a zero value (year 1).

    Without an offset it is no instant, unless `naive_is_utc`.
    """
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        if moment.tzinfo is None:
            if not naive_is_utc:
                return None
            moment = moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment >= _EARLIEST else None
