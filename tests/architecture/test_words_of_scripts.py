"""Scripts bring no words of their own: what they say stands on the page, where it is translated."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted((ROOT / "static/js").glob("*.js"))
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`')
COMMENT = re.compile(r"(?m)^\s*//.*$|(?<=\s)// .*$")
FILLED_IN = re.compile(r"\$\{[^}]*\}")
# Two words with a blank between, the first of them as a sentence begins, or words and a full stop or an ellipsis.
PROSE = re.compile(r"\b[A-Z][a-z]+,? [a-z]+|[a-z]{2,} [a-z]{2,}[.…!?]|[a-z]{2} …")


def words_in(script: str) -> list[str]:
    found = ["".join(each) for each in LITERAL.findall(COMMENT.sub("", script))]
    return [each for each in found if PROSE.search(FILLED_IN.sub("x", each))]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_has_words_of_its_own(path: Path) -> None:
    assert words_in(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("said", ["Not saved yet …", "Saving …", "There is no preview now.", "Why? Because it is so."])
def test_words_in_a_script_are_seen(said: str) -> None:
    assert words_in(f'  say("{said}");') == [said]
    assert words_in(f"  say(`{said}`);") == [said]


@pytest.mark.parametrize(
    ("script", "pages"),
    [
        ("postmortem.js", ["postmortems/templates/admin/postmortems/editor.html"]),
        ("sign-in.js", ["incidentops/templates/allauth/layouts/_passkey.html"]),
    ],
)
def test_what_a_script_says_stands_on_its_page(script: str, pages: list[str]) -> None:
    text = (ROOT / "static/js" / script).read_text(encoding="utf-8")
    asked = {re.sub(r"[A-Z]", lambda each: f"-{each[0].lower()}", name) for name in re.findall(r"\bsay[A-Z]\w+", text)}
    there = {name for page in pages for name in re.findall(r"data-(say-[a-z-]+)=", (ROOT / page).read_text())}
    assert asked == there
    for page in pages:
        for words in re.findall(r'data-say-[a-z-]+="([^"]*)"', (ROOT / page).read_text()):
            assert words.startswith("{% translate "), words
