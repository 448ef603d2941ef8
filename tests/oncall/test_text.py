"""Promises of oncall/text.py: what people typed stays text wherever it goes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.text import csv_cell, markdown, one_line, plain


def test_markdown_becomes_html() -> None:
    html = markdown("# Title\n\nOne *two* **three** `four`\nfive\n\n- a\n- b\n\n|x|y|\n|-|-|\n|1|2|\n")
    for expected in ("<h1>Title</h1>", "<em>two</em>", "<strong>three</strong>", "<code>four</code>", "<li>a</li>"):
        assert expected in html
    assert "<td>1</td>" in html
    assert "<br>" in html, "a line break that was typed is seen"


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<iframe src=https://example.org></iframe>",
        "<style>*{display:none}</style>",
        "<a href=javascript:alert(1)>x</a>",
        "<svg/onload=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java&#115;cript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:msgbox)",
        "[x](file:///etc/passwd)",
        "<javascript:alert(1)>",
        "![x](https://example.org/pixel.png)",
        '![x](x "onerror=alert(1)")',
        '[x](https://example.org" onmouseover="alert(1))',
        "[x]\n\n[x]: javascript:alert(1)",
    ],
)
def test_markdown_carries_no_script_no_markup_and_no_picture(source: str) -> None:
    html = markdown(source)
    assert not re.search(r"<(script|img|iframe|style|svg|object|form|input)", html, re.IGNORECASE)
    assert not re.search(r"<[^>]*\son\w+=", html, re.IGNORECASE)
    assert not re.search(r'<[^>]*(href|src)="?\s*(javascript|data|vbscript|file)', html, re.IGNORECASE)


def test_links_in_markdown_tell_nothing_to_their_target() -> None:
    assert markdown("[x](https://example.org)") == (
        '<p><a href="https://example.org" rel="noopener noreferrer nofollow">x</a></p>\n'
    )


def test_deep_and_long_markdown_is_bounded() -> None:
    assert len(markdown(">" * 50_000)) < 500_000
    assert len(markdown("[" * 20_000)) < 500_000
    assert len(markdown("a" * 1_000_000)) < 110_000


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\r\nBcc: b@example.org", "a Bcc: b@example.org"),
        ("a\nb\u2028c\u2029d\x0be\x0cf\x85g", "a b c d e f g"),
        ("  a \t b  ", "a b"),
        ("a\u202eb\u2066c\ufeffd\x00e\x1b[31mf", "abcde[31mf"),
        ("x" * 300, "x" * 199 + "…"),
        ("", ""),
        ("naïve Zoë 日本 👩‍🚒", "naïve Zoë 日本 👩‍🚒"),
    ],
)
def test_a_line_for_a_header_has_no_break_and_no_invisible_characters(text: str, line: str) -> None:
    assert one_line(text) == line


@given(st.text(max_size=500), st.integers(min_value=1, max_value=80))
def test_one_line_is_one_bounded_line(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
    assert line.isprintable() or "\u200c" in line or "\u200d" in line or not line.isascii()


def test_plain_text_keeps_its_lines_and_loses_what_cannot_be_seen() -> None:
    assert plain("a\r\nb\rc\u2028d\te\x1b[2Jf\u202eg\x00") == "a\nb\nc\nd\te[2Jfg"
    assert plain("x" * 100, 10) == "x" * 10


@pytest.mark.parametrize(
    "value",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        " =1",
        "\n=cmd|' /C calc'!A0",
        "＝1",
        "\x00=1",
        "\u200b=1",
        "\ufeff=1",
    ],
)
def test_a_cell_that_looks_like_a_formula_is_text(value: str) -> None:
    assert csv_cell(value).startswith("'")


@pytest.mark.parametrize(
    ("value", "cell"), [(None, ""), (-5, "-5"), (1.5, "1.5"), ("a=b", "a=b"), ("", ""), ("5-4", "5-4")]
)
def test_other_cells_stay_as_they_are(value: object, cell: str) -> None:
    assert csv_cell(value) == cell
