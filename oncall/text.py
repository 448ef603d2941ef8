"""Text that people and senders typed, made safe for where it goes: pages, headers, terminals, spreadsheets."""

import unicodedata
from functools import cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

MAX_MARKDOWN = 100_000

_TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "em", "strong", "s"),
    *("ul", "ol", "li", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # the full-width forms count for Excel too
# Invisible characters that scripts and emoji need: zero-width (non-)joiner.
_JOINERS = "\u200c\u200d"


def markdown(text: str) -> SafeString:
    """CommonMark with tables as HTML: no raw HTML, no pictures, links only to http, https and mailto.

    Rendered without raw HTML and then sanitised: either alone would do. Text beyond 100,000 characters is cut.
    """
    html = _renderer().render(plain(text, MAX_MARKDOWN))
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)  # noqa: S308 — the sanitiser's output


def plain(text: str, limit: int = MAX_MARKDOWN) -> str:
    """Text of several lines without control, bidi and other invisible characters; lines end in \\n; cut at `limit`."""
    lines = text[:limit]
    if lines.replace("\n", "").replace("\t", "").isprintable():  # nothing invisible: the usual case, and much faster
        return lines
    lines = lines.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return "".join(character for character in lines if character in "\n\t" or not _is_invisible(character))


def one_line(text: str, limit: int = 200) -> str:
    """Text for a header, a title or a log line: no line break of any kind, no control or bidi characters, at most
    `limit` characters (an ellipsis marks the cut)."""
    # Bounded before the work, generously, as blanks collapse.
    line = text[: limit * 8]
    if not line.isprintable():
        spaced = (" " if character.isspace() else character for character in line)
        line = "".join(c for c in spaced if not _is_invisible(c))
    if "  " in line or line[:1] == " " or line[-1:] == " ":  # every other blank is a line's end or invisible
        line = " ".join(line.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def csv_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula: text that starts like one gets a leading apostrophe (OWASP).

    Numbers stay numbers, None is empty.
    """
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    text = plain(str(value))
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_FORMULA) else text


def _is_invisible(character: str) -> bool:
    return character not in _JOINERS and unicodedata.category(character) in {"Cc", "Cf", "Cs"}


@cache
def _renderer() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": 20}).enable("table").disable("image")
