"""Decode a request body: whatever a sender wrote becomes plain, bounded, storable JSON values, or one named error."""

import json
import math
import re
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
        value = _lenient(raw)
    return _clean(value, MAX_DEPTH)


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


def _clean(value: object, levels: int) -> object:
    match value:
        case str():
            text = clean_text(value)
            return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + CUT
        case dict() | list() if levels == 0:
            return CUT
        case dict():
            named = list(value.items())[:MAX_KEYS]
            return {clean_text(name)[:MAX_NAME]: _clean(item, levels - 1) for name, item in named}
        case list():
            return [_clean(item, levels - 1) for item in value[:MAX_ITEMS]]
        case _:
            return value
