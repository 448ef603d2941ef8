"""Texts that break what shows, stores, sorts or sends them, by kind; the first of a kind is also used as a name."""

from typing import Final

KINDS: Final[dict[str, list[str]]] = {
    "NUL": ["\x00", "a\x00b", "%00", "\\u0000"],
    "control characters": ["\x01\x02\x03", "\x08\x08\x08", "\x7f", "\x85", "\x9b31m", "a\x0bb\x0cc", "\x1a", "\x1b"],
    "line breaks": ["a\nb", "a\r\nb", "a\rb", "a\u2028b", "a\u2029b", "\n\n\n"],
    "ANSI": ["\x1b[31mred\x1b[0m", "\x1b[2J\x1b[H", "\x1b]0;title\x07", "\x1b]8;;http://x\x07l\x1b]8;;\x07"],
    "lone surrogates": ["\ud800", "a\udfffb", "\ud83d", "\udc00\ud800", "x\udbff"],
    "right to left": ["\u202egnp.exe", "\u202d\u202e\u202c", "\u2066a\u2069", "\u061c", "\u200f\u200e", "شيء \u202e abc"],
    "zero width": ["\u200b", "a\u200bb\u200cc\u200dd", "\ufeffa", "\u2060\u2061\u2062", "\u00ad", "\u180e", "\u3164"],
    "combining marks": ["\u0301", "\u0301\u0302\u0303", "e" + "\u0301" * 1_000, "Z\u0351\u036b\u0343\u036aA", "\u20dd"],
    "emoji": ["👩‍👩‍👧‍👦", "🏳️‍🌈", "\ufe0f", "👍🏿", "🇵🇹🇵", "\U000e0067\U000e0062", "\u200d\u200d", "❤️\u200d🔥"],
    "beyond the planes": ["\U0001d4b6", "\U0010ffff", "\ufffe\uffff", "\ue000\uf8ff", "\U000f0000", "\ufdd0"],
    "blank": ["", " ", "\u00a0", "\u3000\u2003", "\t"],
    "long": ["x" * 300, "x" * 1_025, "x" * 10_000, "ß" * 255, "😀" * 500, "x " * 5_000],
    "other digits": ["١٢٣", "１２３", "²³", "Ⅷ", "᠐᠑"],
    "folding": ["İ", "ı", "ﬀ", "ẞ", "ſ", "ŉ", "K", "Ω"],
    "quotes": ["'", '"', "\\", "';--", "' OR '1'='1", '") OR 1=1 --', "$$", "`id`", "%s %d %(x)s %", "{}", "{0.__class__}"],
    "templates": ["{{7*7}}", "{% load x %}", "${7*7}", "#{7*7}", "<%= 7 %>", "{{request.user.password}}", "{# #}"],
    "year 0001": ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "0000-00-00T00:00:00Z"],
    "year 9999": ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999-23:59", "10000-01-01T00:00:00Z"],
    "odd instants": [
        "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T23:59:60Z", "1e9",
        "2026-W01-1T00:00:00Z", "20260101T000000Z", "2026-01-01T00:00:00.123456789Z", "2026-01-01", "now", "-1",
        "2026-01-01T00:00:00+99:99", "2026-01-01T00:00:00−01:00",
    ],
    "names of the runtime": ["__proto__", "constructor", "__class__", "null", "undefined", "NaN", "true", "None"],
}  # fmt: skip
