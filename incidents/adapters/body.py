"""Decode a request body: whatever a sender wrote becomes plain, bounded, storable JSON values, or one named error."""

import json
import math
import re
from collections.abc import Iterable
from typing import Final

import orjson

MAX_DEPTH: Final = 32
MAX_ITEMS: Final = 10_000  # of one list; a body of 512 KiB with real alerts holds some 1,700
MAX_KEYS: Final = 512  # of one object
MAX_NAME: Final = 256
MAX_TEXT: Final = 65_536
MAX_DIGITS: Final = 18  # longer whole numbers do not fit a 64-bit column
CUT: Final = "…"

# C0 without tab and newline, DEL, C1, and everything that turns the direction of text around.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
# A string (its closing quote may be missing: then it never backtracks) or one bracket.
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)


class BodyError(ValueError):
    """The body is not JSON. `line` and `column` count from 1."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column

    def __str__(self) -> str:
        return f"{self.message} at line {self.line}, column {self.column}"


def decode(raw: bytes) -> object:
    """The body's JSON value, harmless.

    What JSON forbids but clients send (a byte order mark, NaN, 1e999, lone surrogates, raw control characters, broken
    UTF-8, numbers of thousands of digits) is read leniently: such numbers become text. Nesting below 32 levels
    becomes "…". Raises BodyError, and nothing else, for what is not JSON at all.
    """
    try:
        value: object = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _clean(_lenient(raw), MAX_DEPTH)
    return value if _printable(raw) and _within(value, MAX_DEPTH) else _clean(value, MAX_DEPTH)


def clean_text(text: str) -> str:
    """`text` without NUL, control, bidi and surrogate characters; newline and tab stay."""
    if text.isascii() and text.isprintable():
        return text
    return _SURROGATE.sub("\ufffd", _UNSHOWABLE.sub("", text))


def _lenient(raw: bytes) -> object:
    text = raw.decode(json.detect_encoding(raw), errors="replace").lstrip("\ufeff")
    if not text.strip():
        raise BodyError("The body is empty")
    try:
        return _load(text)
    except RecursionError:
        pass
    # Too deep for the parser: cut the depths out of the text, so that the event around them is not lost.
    try:
        return _load(_without_depths(text))
    except RecursionError as error:  # cannot happen below 32 levels, but a 500 would be worse than a refusal
        raise BodyError("The body is nested too deeply") from error


def _load(text: str) -> object:
    try:
        return json.loads(text, strict=False, parse_int=_whole, parse_float=_number, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise BodyError(f"Not JSON: {error.msg}", error.lineno, error.colno) from error


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= MAX_DIGITS else digits[:64]


def _number(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits[:64]


def _constant(name: str) -> str:
    return name


def _without_depths(text: str) -> str:
    """The same document with every value deeper than MAX_DEPTH replaced by a string."""
    kept: list[str] = []
    depth = begin = 0
    for token in _TOKEN.finditer(text):
        mark = token.group()
        if mark in ("[", "{"):
            if depth == MAX_DEPTH:
                kept.append(text[begin : token.start()])
            depth += 1
        elif mark in ("]", "}"):
            depth -= 1
            if depth == MAX_DEPTH:
                kept.append(f'"{CUT}"')
                begin = token.end()
    if depth <= MAX_DEPTH:
        kept.append(text[begin:])
    return "".join(kept)


def _printable(raw: bytes) -> bool:
    """Whether valid JSON holds no text that needs cleaning: without an escape it has only printable ASCII. Most has."""
    return len(raw) <= MAX_TEXT and raw.isascii() and b"\\" not in raw and b"\x7f" not in raw


def _within(value: object, levels: int) -> bool:
    """Whether nothing is too deep, too wide, or has too long a name."""
    items: Iterable[object]
    if type(value) is dict:
        if len(value) > MAX_KEYS or max(map(len, value), default=0) > MAX_NAME:
            return False
        items = value.values()
    elif type(value) is list:
        if len(value) > MAX_ITEMS:
            return False
        items = value
    else:
        return True
    for item in items:
        kind = type(item)
        if (kind is dict or kind is list) and not (levels > 1 and _within(item, levels - 1)):
            return False
    return True


def _clean(value: object, levels: int) -> object:
    """Every value of every body passes here: by type, since matching patterns takes twice as long."""
    kind = type(value)
    if kind is str:
        return _bounded_text(value)  # type: ignore[arg-type]
    if kind is dict:
        return _clean_object(value, levels) if levels else CUT  # type: ignore[arg-type]
    if kind is list:
        return [_clean(item, levels - 1) for item in value[:MAX_ITEMS]] if levels else CUT  # type: ignore[index]
    return value


def _clean_object(value: dict[str, object], levels: int) -> dict[str, object]:
    named = value.items() if len(value) <= MAX_KEYS else list(value.items())[:MAX_KEYS]
    return {
        clean_text(name)[:MAX_NAME]: _bounded_text(item) if type(item) is str else _clean(item, levels - 1)
        for name, item in named
    }


def _bounded_text(value: str) -> str:
    text = clean_text(value)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + CUT
