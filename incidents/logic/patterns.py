"""Regular expressions that cannot hang: a subset of RE2 run as an automaton, in time linear in the text.

Python's own engine backtracks, so that one silence such as `(a+)+b` could stop the drain of alerts; refusing nested
quantifiers would not be enough (`.*.*.*.*x` is slow, too). What matchers use is small, so it is run the safe way.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from incidents.logic.pattern_syntax import Char, Either, Node, Parser, PatternError, Then, Times

MAX_LENGTH: Final = 256
_MAX_CACHED: Final = 4_096

# A kind of character (then go to the next step), or where to go without reading.
Step = re.Pattern[str] | tuple[int, ...]


@dataclass(slots=True)
class Pattern:
    """A compiled expression. It matches where the end of `steps` is reached as the text ends."""

    steps: list[Step]
    _begin: frozenset[int] = frozenset()
    _known: dict[tuple[frozenset[int], str], frozenset[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._begin = self._reachable([0])

    def matches(self, text: str) -> bool:
        """Does the whole text match? Linear in its length."""
        here = self._begin
        for char in text:
            here = self._after(here, char)
            if not here:
                return False
        return len(self.steps) in here

    def _after(self, here: frozenset[int], char: str) -> frozenset[int]:
        known = self._known.get((here, char))
        if known is None:
            if len(self._known) >= _MAX_CACHED:
                self._known.clear()
            known = self._known[here, char] = self._reachable([at + 1 for at in here if self._reads(at, char)])
        return known

    def _reads(self, at: int, char: str) -> bool:
        step = self.steps[at] if at < len(self.steps) else ()
        return isinstance(step, re.Pattern) and step.match(char) is not None

    def _reachable(self, begin: list[int]) -> frozenset[int]:
        found = set(begin)
        waiting = list(begin)
        while waiting:
            at = waiting.pop()
            step = self.steps[at] if at < len(self.steps) else ()
            if isinstance(step, tuple):
                new = [target for target in step if target not in found]
                found.update(new)
                waiting.extend(new)
        return frozenset(found)


@lru_cache(maxsize=512)
def compile_pattern(text: str) -> Pattern:
    """The expression, anchored at both ends as Alertmanager's are. Raises PatternError for what is not supported.

    Supported: literals, `.`, classes, `\\d \\w \\s` and their opposites, groups, `|`, `* + ? {n} {n,} {n,m}`, a leading
    `(?i)`; not back references, look-around, word boundaries.
    """
    if len(text) > MAX_LENGTH:
        raise PatternError(f"At most {MAX_LENGTH} characters", MAX_LENGTH)
    node = Parser(text).parse()
    steps: list[Step] = []
    _emit(node, steps)
    return Pattern(steps)


def _emit(node: Node, steps: list[Step]) -> None:
    match node:
        case Char(kind):
            steps.append(kind)
        case Then(parts):
            for part in parts:
                _emit(part, steps)
        case Either(parts):
            _emit_either(parts, steps)
        case Times(part, least, most):
            for _ in range(least):
                _emit(part, steps)
            if most is None:
                _emit_star(part, steps)
            else:
                _emit_options(part, most - least, steps)


def _emit_either(parts: Sequence[Node], steps: list[Step]) -> None:
    fork = len(steps)
    begins: list[int] = []
    ends: list[int] = []
    steps.append(())
    for part in parts:
        begins.append(len(steps))
        _emit(part, steps)
        ends.append(len(steps))
        steps.append(())
    steps[fork] = tuple(begins)
    for end in ends:
        steps[end] = (len(steps),)


def _emit_star(part: Node, steps: list[Step]) -> None:
    fork = len(steps)
    steps.append(())
    _emit(part, steps)
    steps.append((fork,))
    steps[fork] = (fork + 1, len(steps))


def _emit_options(part: Node, times: int, steps: list[Step]) -> None:
    forks: list[int] = []
    for _ in range(times):
        forks.append(len(steps))
        steps.append(())
        _emit(part, steps)
    for fork in forks:
        steps[fork] = (fork + 1, len(steps))
