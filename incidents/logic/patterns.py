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
    """A compiled expression. It matches where the end of `steps` is reached as the text ends.

    A set of steps is a number with their bits: thousands of them join in one operation.
    """

    steps: list[Step]
    _reached: list[int] = field(default_factory=list)  # from each step without reading, itself included
    _readers: dict[str, int] = field(default_factory=dict)
    _known: dict[tuple[int, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._reached = _closures(self.steps)

    def matches(self, text: str) -> bool:
        """Does the whole text match? Linear in its length."""
        here = self._reached[0]
        for char in text:
            here = self._after(here, char)
            if not here:
                return False
        return bool(here >> len(self.steps))

    def _after(self, here: int, char: str) -> int:
        known = self._known.get((here, char))
        if known is None:
            if len(self._known) >= _MAX_CACHED:
                self._known.clear()
                self._readers.clear()
            known = self._known[here, char] = self._all_reached((here & self._reading(char)) << 1)
        return known

    def _reading(self, char: str) -> int:
        """The steps that read this character."""
        readers = self._readers.get(char)
        if readers is None:
            readers = sum(1 << at for at, s in enumerate(self.steps) if isinstance(s, re.Pattern) and s.match(char))
            self._readers[char] = readers
        return readers

    def _all_reached(self, begin: int) -> int:
        found = 0
        while begin:
            found |= self._reached[(begin & -begin).bit_length() - 1]
            begin &= ~found
        return found


def _closures(steps: Sequence[Step]) -> list[int]:
    """Where each step, and the end behind the last, leads without reading; only repeats lead back, once around each."""
    reached = [1 << at for at in range(len(steps) + 1)]
    changed = True
    while changed:
        changed = False
        for at in range(len(steps) - 1, -1, -1):
            step = steps[at]
            for target in step if isinstance(step, tuple) else ():
                joined = reached[at] | reached[target]
                changed = changed or joined != reached[at]
                reached[at] = joined
    return reached


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
