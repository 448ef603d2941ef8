"""Regular expressions that match as Python's do and never hang."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.logic.pattern_syntax import PatternError
from incidents.logic.patterns import compile_pattern
from tests.pace import no_more_than


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("web-.*", ["web-1", "web-"], ["xweb-1", "web"]),
        ("warning|info", ["warning", "info"], ["warning|info", "informational"]),
        ("(db|web)-[0-9]{1,2}", ["db-1", "web-42"], ["db-", "web-123", "db-x"]),
        (r"10\.0\.\d+\.\d+", ["10.0.1.22"], ["10x0.1.2"]),
        ("^prod$", ["prod"], ["prod1"]),
        ("^a$|^b$", ["a", "b"], ["ab", ""]),
        ("(?i)Checkout", ["CHECKOUT", "checkout"], ["check"]),
        ("[^a-c]+", ["xyz"], ["xaz", ""]),
        ("[]a]", ["]", "a"], ["b"]),
        (r"[\w.-]+", ["a.b-c_1"], ["a b"]),
        ("a{2}", ["aa"], ["a", "aaa"]),
        ("a{2,}", ["aa", "aaaa"], ["a"]),
        ("a{,3}", ["a{,3}"], ["aa"]),
        ("a.c", ["a\nc", "abc"], ["ac"]),
        ("(?:a|b)*?c+?", ["c", "ababcc"], ["ab"]),
        ("()|x", ["", "x"], ["y"]),
        ("", [""], ["a"]),
        ("(?P<name>a)b", ["ab"], ["a"]),
        ("é[ä-ü]", ["éö"], ["eo"]),
    ],
)
def test_what_matchers_use_works(pattern: str, matching: list[str], other: list[str]) -> None:
    compiled = compile_pattern(pattern)
    assert [text for text in matching if not compiled.matches(text)] == []
    assert [text for text in other if compiled.matches(text)] == []


@pytest.mark.parametrize(
    "pattern",
    [
        "(", ")", "a)", "[a", "[", "a**", "*a", "a{2}{3}", "a{3,2}", "\\", r"\b", r"(a)\1", "(?=a)", "(?<!a)", "(?<n>",
        "[[:alpha:]]", "[z-a]", r"[a-\d]", r"\pL", "x^a", "a$b", "(?i", "a" * 257, "(((a{50}){50}){50}){50}",
        "(" * 30 + ")" * 30,
    ],
)  # fmt: skip
def test_what_is_not_supported_is_refused_with_its_place(pattern: str) -> None:
    with pytest.raises(PatternError, match="at character"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern", ["(a+)+b", "(a|a)*b", "(.*)*x", ".*.*.*.*.*.*.*.*x", "(a?){40}a{40}", "(a{1,30}){1,30}b"]
)
def test_catastrophic_expressions_take_no_time(pattern: str) -> None:
    with no_more_than(2):
        compile_pattern(pattern).matches("a" * 1000)


small = st.recursive(
    st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", "c"]),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "{1,}"])).map(lambda p: f"(?:{p[0]}){p[1]}")
        | st.tuples(inner, inner).map("".join)
        | st.tuples(inner, inner).map(lambda p: f"({p[0]}|{p[1]})")
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(small, st.text("abc1", max_size=8))
def test_it_matches_exactly_what_pythons_engine_matches(pattern: str, text: str) -> None:
    assert compile_pattern(pattern).matches(text) is bool(re.fullmatch(pattern, text, re.DOTALL))


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab(|)[]{}*+?^$\\-.,:12dé ", max_size=15), st.text("ab-1é", max_size=6))
def test_any_text_is_an_expression_or_refused(pattern: str, text: str) -> None:
    try:
        compiled = compile_pattern(pattern)
    except PatternError:
        return
    compiled.matches(text)
