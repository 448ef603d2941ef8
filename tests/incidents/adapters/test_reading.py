"""Reading fields: bounded, and only addresses that a browser may follow."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.adapters import reading


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "JAVASCRIPT:alert(1)//http://x",
        "data:text/html,x",
        "file:///etc/passwd",
        "//host/path",
        "https://",
        "http:///path",
        "http://[broken",
        'https://x/"onclick="y',
        "https://x/ y",
        "https://x/\nSet-Cookie: a",
        "ftp://host",
        "https://" + "x" * 2000,
        None,
        5,
        {},
    ],
)
def test_only_http_and_https_addresses_become_links(address: object) -> None:
    assert reading.links([(address, "text")]) == []


def test_links_are_kept_once_and_bounded() -> None:
    pairs = [(f"https://example.org/{n // 2}", "") for n in range(100)]
    found = reading.links(pairs)
    assert len(found) == reading.MAX_LINKS
    assert found[0] == {"href": "https://example.org/0", "text": "https://example.org/0"}


def test_maps_are_bounded_in_count_name_and_value() -> None:
    texts = reading.text_map({f"{n:03d}" + "n" * 200: "v" * 2000 for n in range(100)})
    assert len(texts) == reading.MAX_ENTRIES
    assert {len(name) for name in texts} == {reading.MAX_NAME}
    assert {len(text) for text in texts.values()} == {reading.MAX_VALUE}
    assert all(text.endswith("…") for text in texts.values())


def test_values_of_every_type_become_text() -> None:
    given = {"n": None, "b": True, "i": 3, "f": 0.75, "l": ["a", 1], "o": {"x": "ü"}}
    assert reading.text_map(given) == {
        "n": "",
        "b": "true",
        "i": "3",
        "f": "0.75",
        "l": '["a",1]',
        "o": '{"x":"ü"}',
    }


def test_a_title_is_one_line() -> None:
    assert reading.one_line("  a\n\tb\u2028c ", 100) == "a b c"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-02T08:15:30.123456789Z", datetime(2026, 3, 2, 8, 15, 30, 123456, UTC)),
        ("2026-10-12T09:51:03+02:00", datetime(2026, 10, 12, 7, 51, 3, tzinfo=UTC)),
        ("2015-07-17T08:42:58.315+0000", datetime(2015, 7, 17, 8, 42, 58, 315000, UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+23:00", None),
        ("9999-12-31T23:59:59-23:00", None),
        ("2026-03-02T08:15:30", None),
        ("yesterday", None),
        (1700000000, None),
    ],
)
def test_instants_are_aware_utc_or_nothing(text: object, instant: datetime | None) -> None:
    assert reading.instant(text) == instant


@settings(deadline=None)
@given(st.text())
def test_no_text_breaks_the_reading_of_an_instant_or_address(text: str) -> None:
    moment = reading.instant(text, naive_is_utc=True)
    assert moment is None or moment.tzinfo is UTC
    assert all(link["href"].lower().startswith("http") for link in reading.links([(text, text)]))
