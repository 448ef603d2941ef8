"""Silences: matchers in Alertmanager's grammar, and until when an alert is silenced."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from incidents.logic.pattern_syntax import PatternError
from incidents.logic.patterns import Pattern, compile_pattern
from incidents.logic.spans import Span, end_of_run

MAX_TEXT: Final = 4_000
MAX_MATCHERS: Final = 32

_MATCHER = re.compile(
    r"""\s*(?P<name>"(?:[^"\\]|\\.)+"|[^\s"\\=!~,{}]+)
        \s*(?P<operator>=~|!~|!=|=)
        [^\S\n]*(?P<value>"(?:[^"\\]|\\.)*"|[^",{}\n]*)[^\S\n]*""",
    re.VERBOSE | re.DOTALL,
)
_SEPARATOR = re.compile(r"[\s,]*[,\n]\s*|\s*$")
_ESCAPE = re.compile(r'\\([\\"n])')


class MatcherError(ValueError):
    """The text is no list of matchers; `position` counts characters from 0."""

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True, slots=True)
class Matcher:
    """One condition on a label; a label that is absent is "". `pattern` belongs to =~ and !~."""

    name: str
    operator: str
    value: str
    pattern: Pattern | None = field(default=None, compare=False, repr=False)

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Does the condition hold for these labels?"""
        given = labels.get(self.name, "")
        same = given == self.value if self.pattern is None else self.pattern.matches(given)
        return same is not self.operator.startswith("!")

    def __str__(self) -> str:
        value = self.value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        name = self.name if re.fullmatch(r"[A-Za-z_][\w.:-]*", self.name, re.ASCII) else f'"{self.name}"'
        return f'{name}{self.operator}"{value}"'


@dataclass(frozen=True, slots=True)
class Silence:
    """Matchers that hold from from_at to to_at."""

    matchers: tuple[Matcher, ...]
    from_at: datetime
    to_at: datetime


def parse(text: str) -> tuple[Matcher, ...]:
    """Matchers such as `service="checkout", severity=~"warning|info"`, by commas or lines, in braces or without.

    Regular expressions are anchored at both ends (patterns.py says what they may hold). Raises MatcherError with a
    sentence; also for matchers that would silence everything.
    """
    if len(text) > MAX_TEXT:
        raise MatcherError(f"At most {MAX_TEXT} characters.", MAX_TEXT)
    inner = re.fullmatch(r"\s*\{(.*)\}\s*", text, re.DOTALL)
    at, end = inner.span(1) if inner else (0, len(text))
    matchers: list[Matcher] = []
    while text[at:end].strip():
        found = _MATCHER.match(text, at, end)
        separator = _SEPARATOR.match(text, found.end(), end) if found else None
        if found is None or separator is None:
            raise MatcherError(f'Expected name="value" at “{text[at:end].strip()[:40]}”.', at)
        matchers.append(_matcher(found))
        at = separator.end()
    return _sensible(matchers)


def matches(matchers: Sequence[Matcher], labels: Mapping[str, str]) -> bool:
    """Do all of them hold? No matcher at all matches nothing."""
    return bool(matchers) and all(matcher.matches(labels) for matcher in matchers)


def labels_of(
    labels: Mapping[str, str], *, service: str, title: str, severity: str, source: str, integration: str
) -> dict[str, str]:
    """What matchers look at: the alert's own labels and, where it has none of that name, what we know of it.

    The sender's label wins, so that a matcher copied from Alertmanager means the same here.
    """
    ours = {"service": service, "title": title, "severity": severity, "source": source, "integration": integration}
    return {**ours, **labels}


def silenced_until(silences: Iterable[Silence], labels: Mapping[str, str], at: datetime) -> datetime | None:
    """The end of the unbroken run of silences that hold at `at` for these labels; None where none does."""
    spans = [Span(silence.from_at, silence.to_at) for silence in silences if matches(silence.matchers, labels)]
    return end_of_run(lambda instant: spans, at)


def _matcher(found: re.Match[str]) -> Matcher:
    name, operator, value = (_unquoted(found[part]) for part in ("name", "operator", "value"))
    if not operator.endswith("~"):
        return Matcher(name, operator, value)
    try:
        return Matcher(name, operator, value, compile_pattern(value))
    except PatternError as error:
        raise MatcherError(f"{name}: {error}.", found.start("value")) from error


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        return text.strip()
    # As Alertmanager: only \\ \" and \n are escapes, so that "\d+" need not be doubled.
    return _ESCAPE.sub(lambda escape: "\n" if escape[1] == "n" else escape[1], text[1:-1])


def _sensible(matchers: Sequence[Matcher]) -> tuple[Matcher, ...]:
    if not matchers:
        raise MatcherError("At least one matcher is needed.")
    if len(matchers) > MAX_MATCHERS:
        raise MatcherError(f"At most {MAX_MATCHERS} matchers.")
    if all(matcher.matches({}) for matcher in matchers):
        raise MatcherError("These matchers also match an alert without any label: they would silence everything.")
    return tuple(matchers)
