"""Strings that are more than words to whoever reads them: spreadsheets, mail programs, browsers, file systems."""

from typing import Final

_LEADS: Final = ["", " ", "\t", "\r", "\n", "\u00a0", "\u200b", "\ufeff", "\u202e", "\x00", "  \t"]
_MARKS: Final = ["=", "+", "-", "@", "＝", "＋", "－", "＠"]
FORMULAS: Final = [
    *(f"{lead}{mark}cmd|' /C calc'!A0" for lead in _LEADS for mark in _MARKS),
    '=HYPERLINK("http://evil.example","x")', "=1+1", "@SUM(1)", "-2+3", "+1", "=IMPORTXML(CONCAT(\"x\"))",
]  # fmt: skip
_BREAKS: Final = [
    "\n",
    "\r",
    "\r\n",
    "\n\r",
    "\x0b",
    "\x0c",
    "\x85",
    "\u2028",
    "\u2029",
    "\r\n\t",
    "\r\n ",
    "\x1c",
    "\x00\n",
]
HEADERS: Final = [
    f"Disk full{end}{header}"
    for end in _BREAKS
    for header in ("Bcc: all@evil.example", "Content-Type: text/html\r\n\r\n<script>", "\r\nbody")
]
RECIPIENTS: Final = [
    *(f"ana@example.org{end}Bcc: all@evil.example" for end in _BREAKS),
    "ana@example.org, all@evil.example", "ana@example.org;all@evil.example", "<all@evil.example> ana@example.org",
    "ana@example.org <all@evil.example>", '"ana@example.org" all@evil.example', "ana@example.org%0aBcc:all@evil.example",
    "ana@example.org@evil.example", "ana@[127.0.0.1]", "ana@127.0.0.1", "|/bin/sh", "-oQ/tmp/x", "@", "ana@",
    "a\u202eb@example.org", "ana@exa mple.org", "undisclosed:;", "ana(c)@example.org", "mailto:mailto:ana@example.org",
]  # fmt: skip
REDIRECTS: Final = [
    "//evil.example", "///evil.example", "////evil.example", "https://evil.example", "http:evil.example", "http:///evil.example",
    "https:evil.example", "//evil.example/%2f..", "/\\evil.example", "\\\\evil.example", "\\/evil.example", "/\t/evil.example",
    "\t//evil.example", "\n//evil.example", "\x00//evil.example", " //evil.example", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "https://testserver@evil.example",
    "https://testserver.evil.example", "//testserver@evil.example", "https://evil.example\\@testserver", "//evil.example#@testserver",
    "http://[::1]", "http://[", "ftp://testserver/", "//127.0.0.1", "//ⓔⓥⓘⓛ.example", "//evil。example", "https:/\\evil.example",
    "\u2028//evil.example", "/%09/evil.example", "//%65vil.example", "blob:x", "file:///etc/passwd", "?next=//evil.example",
]  # fmt: skip
_UPS: Final = [
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "..\\",
    "..%5c",
    "%252e%252e%252f",
    "..;/",
    "....//",
    ".%00./",
    "..%c0%af",
]
PATHS: Final = [
    *(f"/static/{up * 8}etc/passwd" for up in _UPS),
    *(f"/static/css/{up * 6}pyproject.toml" for up in _UPS),
    *(f"/{up * 3}etc/passwd" for up in _UPS),
    "/static//etc/passwd", "/static/%2fetc%2fpasswd", "/static/file:///etc/passwd", "/static/css/", "/static/", "/.env", "/.git/config",
    "/static/.secret", "/.data/secret_key", "/manage.py", "/static/css/console.css%00", "/static/css/console.css/..", "/static/\u202e",
    "/p/%00/", "/p/../admin/", "/l/..%2f..%2f/", "/admin/%00/", "/admin/oncall/user/%2e%2e/", "/admin/oncall/user/1%00/change/",
    "/api/v1/people/%2e%2e%2f/", "/api/v1/ingest/%2e%2e/x/", "/api/v1/ingest/generic/%00", "/" + "a" * 9_000, "/%ff%fe/", "/%",
]  # fmt: skip
# Names in documents that would be files if a name ever became one.
FILES: Final = [
    *(f"{up * depth}outside" for up in _UPS for depth in (1, 3)),
    "/etc/passwd", "../../../../etc/passwd", "file:///etc/passwd", "file://localhost/etc/passwd", "file:../outside", "~/outside", "~root/x",
    "$HOME/x", "${DATA_DIR}/x", "$(touch made)", "`touch made`", "; touch made", "| touch made", "> made", "&& touch made", "C:\\x", "\\\\host\\x",
    "CON", "NUL.txt", ".", "..", "/", "a/b", "a\u2215b", "a\uff0fb", "..\u2044outside", "\u202e../outside", "x" * 300, "watchdog-contacts.json",
    "secret_key", "../data/secret_key", "/proc/self/environ", "/dev/stdout", "localtime", "posix/UTC", "Europe/../../../outside",
]  # fmt: skip
# File names for `backup` and `config export`, run in a folder of their own.
TARGETS: Final = [
    ".", "..", "./", "../", "/", "//", "", " ", "copy/", "copy/.", "copy/..", "../..", "../here", "../here/..", "missing/copy", "missing/../copy",
    "../outside/copy", "copy\x00", "\x00", "a\nb", "a\rb", "\x1b[2J", "a\u202eb", "\udcff", "x" * 300, "x" * 5_000, "~", "~/copy", "$HOME", "$(touch made)",
    "`touch made`", "; touch made", "| touch made", "> made", "* ?", "a b", "'a'", '"a"', "-f", "--file=x", "/dev/null/x", "/proc/self/x",
    "...", ".hidden", "copy.", "a\\b", "C:\\x", "CON", "\u2215etc", "x/" * 200, "./copy", "../here/copy", "é\u0301", "💾",
]  # fmt: skip
PATTERNS: Final = [
    "(a+)+b", "(a*)*b", "(a|a)*b", "(a|aa)+b", "(a|a?)+b", "(.*a){20}b", "(a+)+(a+)+b", "((a+)+)+b", "(((a*)*)*)*b", ".*.*.*.*.*.*b",
    "(.*)*b", "(.+)+b", "(a?){30}a{30}", "(a{0,30}){0,30}b", "a{1,200}a{1,200}b", "(ab*)*c", "(a|b|ab)*c", "([a-z]+)*b", "(\\w+\\s?)*b",
    "(\\d+)*b", "(a.?)*b", "(.?a.?)*b", "^(a+)+$", "((a|b)*(b|a)*)*c", "(x+x+)+y", "(?:a+){2,}b", "(a*a*)*b", "(aa*)*b", "(a+a?)+b",
    "(?i)(A+)+b", "[a-a]*[a-a]*[a-a]*b", "(a{2}|a{3})*b", "(.*?,){11}P", "(([a-z])+.)+[A-Z]([a-z])+b", "a*" * 60 + "b", "(a|b|c|d|e)*f",
]  # fmt: skip
REFUSED_PATTERNS: Final = [
    "(a)\\1", "(?=a)b", "(?!a)b", "(?<=a)b", "(?P=x)", "(?(1)a|b)", "\\b", "(?#x)", "a**", "a{1001}", "(a{100}){100}", "((((a{9}){9}){9}){9})",
    "(" * 21 + "a" + ")" * 21, "(" * 200, "[", "[[:alpha:]]", "[z-a]", "\\", "a{5,2}", "*", "(?x)a", "a" * 257, "\\p{L}", "(?>a)", "(", ")",
    "\\x41", "\\u0041", "\\N{DIGIT ONE}", "(?R)", "a++b{2}{3}",
]  # fmt: skip
FORGED: Final = [
    "a\n2026-01-01T00:00:00Z [info] admin signed in", "a\rb", "a\r\nb", "a\x0bb", "a\x0cb", "a\x85b", "a\u2028b", "a\u2029b", "\x1b[2J", "\x1b[31mred",
    "\x1b]0;title\x07", "\x1b]8;;http://x\x07link\x1b]8;;\x07", "\x9b31m", "\x08\x08\x08", "\x00", "\x7f", "\u202egnp", "\u2066x\u2069", "\u200fx",
    "\x1bP+q\x1b\\", "\x1b[6n", "\x1bc", "\x0e", "\x1b(0", "\x9d0;x\x9c", "x\n\n\n", "\n", "{\"event\": 1}\n{}", "%s\n%d", "\x1c\x1d\x1e\x1f", "\u061c",
]  # fmt: skip
