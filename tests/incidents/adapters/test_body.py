"""Decoding: nothing a stranger posts raises anything but BodyError, and what comes out can be stored and shown."""

import contextlib
import functools
import json
import math

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.adapters.body import (
    MAX_DEPTH,
    MAX_ITEMS,
    MAX_KEYS,
    MAX_NAME,
    MAX_TEXT,
    BodyError,
    _clean,
    clean_text,
    decode,
)
from tests.pace import no_more_than

anything_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def assert_storable(value: object, depth: int = 0) -> None:
    assert depth <= MAX_DEPTH
    if isinstance(value, str):
        assert value.encode("utf-8") is not None  # a lone surrogate would raise
        assert not any(ord(c) < 32 and c not in "\n\t" for c in value)
        assert not any(c in "\u202e\u2066\u200f\x7f\x85" for c in value)
        assert len(value) <= MAX_TEXT
    elif isinstance(value, dict):
        for name, item in value.items():
            assert_storable(name, depth)
            assert_storable(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            assert_storable(item, depth + 1)
    elif isinstance(value, float):
        assert math.isfinite(value)
    elif isinstance(value, int):
        assert value.bit_length() <= 64
    else:
        assert value is None


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_decode_or_raise_body_error(raw: bytes) -> None:
    try:
        value = decode(raw)
    except BodyError as error:
        assert error.line >= 1
        assert error.column >= 1
    else:
        assert_storable(value)


@settings(deadline=None)
@given(anything_json)
def test_whatever_a_lenient_client_writes_is_storable(value: object) -> None:
    assert_storable(decode(json.dumps(value).encode()))


@settings(deadline=None)
@given(st.text(alphabet='[]{}",:\\ae1', max_size=60), st.integers(0, 3000))
def test_deep_and_broken_bodies_never_raise_anything_else(tail: str, depth: int) -> None:
    with contextlib.suppress(BodyError):
        assert_storable(decode(("[" * depth + tail).encode()))


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": NaN}', {"a": "NaN"}),
        (b'{"a": -Infinity}', {"a": "-Infinity"}),
        (b'{"a": 1e999}', {"a": "1e999"}),
        (b'{"a": "x\\u0000y"}', {"a": "xy"}),
        (b'{"a\\u0000": "\\ud800"}', {"a": "\ufffd"}),
        (b'{"a": "two\nlines\x01"}', {"a": "two\nlines"}),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        ('{"a": "\u202eevil"}'.encode(), {"a": "evil"}),
        ('{"a": "ü"}'.encode("utf-16"), {"a": "ü"}),
        (b'{"a": 7, "b": 7.5, "c": null, "d": true}', {"a": 7, "b": 7.5, "c": None, "d": True}),
    ],
)
def test_what_json_forbids_but_clients_send_is_made_harmless(raw: bytes, value: object) -> None:
    assert decode(raw) == value


def test_a_number_of_thousands_of_digits_becomes_short_text() -> None:
    assert decode(b'{"a": ' + b"9" * 5000 + b"}") == {"a": "9" * 64}


def test_an_event_survives_around_values_nested_too_deep() -> None:
    for depth in (40, 1_000, 100_000):
        raw = b'{"summary": "down", "values": ' + b"[" * depth + b'"]"' + b"]" * depth + b', "source": "x"}'
        value = decode(raw)
        assert isinstance(value, dict)
        assert (value["summary"], value["source"]) == ("down", "x")
        assert_storable(value)


@settings(deadline=None)
@given(anything_json)
def test_what_needs_no_cleaning_reads_as_if_it_were_cleaned(value: object) -> None:
    raw = json.dumps(value).encode()
    with contextlib.suppress(orjson.JSONDecodeError):
        assert decode(raw) == _clean(orjson.loads(raw), MAX_DEPTH)


@pytest.mark.parametrize(
    "value",
    [
        {"a": {"n" * (MAX_NAME + 1): 1}},
        [{str(n): n for n in range(MAX_KEYS + 1)}],
        {"list": [1] * (MAX_ITEMS + 1)},
        functools.reduce(lambda inner, _level: [inner], range(MAX_DEPTH + 1), [1]),
        functools.reduce(lambda inner, _level: [inner], range(MAX_DEPTH - 2), [1]),
    ],
)
def test_what_is_printable_is_bounded_all_the_same(value: object) -> None:
    raw = json.dumps(value).encode()
    assert decode(raw) == _clean(value, MAX_DEPTH)
    assert_storable(decode(raw))


def test_sizes_are_bounded() -> None:
    value = decode(json.dumps({"l": [1] * (MAX_ITEMS + 5), "t": "x" * (MAX_TEXT + 5)}).encode())
    assert isinstance(value, dict)
    assert len(value["l"]) == MAX_ITEMS
    assert len(value["t"]) == MAX_TEXT
    many = decode(json.dumps({str(n): n for n in range(MAX_KEYS + 5)}).encode())
    assert isinstance(many, dict)
    assert len(many) == MAX_KEYS


@pytest.mark.parametrize("raw", [b"", b"  ", b"{", b"summary=x", b"<xml/>", b"{'a': 1}", b"\x00", b"[1,]", b'{"a" 1}'])
def test_what_is_no_json_says_where(raw: bytes) -> None:
    with pytest.raises(BodyError, match=r"line \d+, column \d+"):
        decode(raw)


def test_the_place_of_the_fault_is_named() -> None:
    with pytest.raises(BodyError) as caught:
        decode(b'{\n  "a": oops}')
    assert (caught.value.line, caught.value.column) == (2, 8)


@pytest.mark.parametrize(
    "raw", [b'"' + b'\\"' * 260_000, b"[" * 520_000, b'{"a":' * 100_000, b'["' * 170_000, b"[1e999," * 70_000]
)
def test_a_hostile_body_of_512_kib_takes_no_time(raw: bytes) -> None:
    with no_more_than(2), contextlib.suppress(BodyError):
        assert_storable(decode(raw))


def test_newline_and_tab_stay() -> None:
    assert clean_text("a\tb\r\nc") == "a\tb\nc"
