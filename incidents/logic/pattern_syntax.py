"""The syntax of silences' regular expressions: text into a small tree, its size bounded before anything is built."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MAX_SIZE: Final = 1_000  # parts once counted repeats are written out
MAX_NESTING: Final = 20

_COUNT = re.compile(r"\{(\d{1,4})(,(\d{1,4})?)?\}", re.ASCII)
_FLAGS = re.compile(r"\(\?([is]+)\)")
_GROUP = re.compile(r"\((?:\?:|\?P?<\w+>)?")
_CLASS_ESCAPES: Final = "dDwWsS"
_CONTROL_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v"}


class PatternError(ValueError):
    """The expression cannot be used; `position` counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} (at character {position + 1})")
        self.position = position


@dataclass(frozen=True, slots=True)
class Char:
    """One character of a kind."""

    kind: re.Pattern[str]
    size = 1


@dataclass(frozen=True, slots=True)
class Then:
    """Parts one after the other."""

    parts: Sequence["Node"]

    @property
    def size(self) -> int:
        return 1 + sum(part.size for part in self.parts)


@dataclass(frozen=True, slots=True)
class Either:
    """One of several."""

    parts: Sequence["Node"]

    @property
    def size(self) -> int:
        return 1 + sum(part.size for part in self.parts)


@dataclass(frozen=True, slots=True)
class Times:
    """A part `least` to `most` times; None is without end."""

    part: "Node"
    least: int
    most: int | None
    size: int


Node = Char | Then | Either | Times


class Parser:
    """Recursive descent over one expression."""

    def __init__(self, text: str) -> None:
        flags = _FLAGS.match(text)
        self.flags = re.DOTALL | (re.IGNORECASE if flags and "i" in flags[1] else 0)
        self.text = text
        self.at = flags.end() if flags else 0
        self.nesting = 0

    def parse(self) -> Node:
        node = self._either()
        if self.at < len(self.text):
            raise PatternError("An opening ( is missing", self.at)
        return node

    def _peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def _either(self) -> Node:
        parts = [self._then()]
        while self._peek() == "|":
            self.at += 1
            parts.append(self._then())
        return parts[0] if len(parts) == 1 else self._fitting(Either(parts))

    def _then(self) -> Node:
        parts: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            if self._anchor(first=not parts):
                self.at += 1  # every expression is anchored anyway
            else:
                parts.append(self._times())
        return self._fitting(Then(parts))

    def _anchor(self, *, first: bool) -> bool:
        """Is here a ^ or $ that says nothing new: at the end of a whole alternative?"""
        if self.nesting:
            return False
        return (first and self._peek() == "^") or self.text[self.at : self.at + 2] in ("$", "$|")

    def _fitting(self, node: Node) -> Node:
        if node.size > MAX_SIZE:
            raise PatternError("The expression is too large once its repeats are written out", self.at)
        return node

    def _times(self) -> Node:
        node = self._one()
        count = self._count()
        if count is None:
            return node
        least, most = count
        if self._peek() == "?":  # lazy or greedy: the same texts match
            self.at += 1
        if self._count() is not None:
            raise PatternError("A repeat of a repeat", self.at - 1)
        return self._fitting(Times(node, least, most, node.size * max(most or least + 1, 1) + 1))

    def _count(self) -> tuple[int, int | None] | None:
        simple: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
        if self._peek() in simple:
            self.at += 1
            return simple[self.text[self.at - 1]]
        counted = _COUNT.match(self.text, self.at)
        if not counted:
            return None
        least = int(counted[1])
        most = (int(counted[3]) if counted[3] else None) if counted[2] else least
        if most is not None and most < least:
            raise PatternError("A repeat whose end is smaller than its beginning", self.at)
        self.at = counted.end()
        return least, most

    def _one(self) -> Node:
        char = self._peek()
        if char == "(":
            return self._group()
        if char in "*+?^$":
            raise PatternError(f"{char} does not belong here", self.at)
        if char == "[":
            return self._kind(self._class())
        if char == "\\":
            return self._kind(self._escape())
        self.at += 1
        return self._kind(char if char == "." else re.escape(char))

    def _kind(self, source: str) -> Char:
        return Char(re.compile(source, self.flags | (re.ASCII if "\\" in source and source.isascii() else 0)))

    def _group(self) -> Node:
        opening = _GROUP.match(self.text, self.at)
        if opening is None or self.text[opening.end() : opening.end() + 1] == "?":
            raise PatternError("This kind of group is not supported", self.at)
        if self.nesting == MAX_NESTING:
            raise PatternError(f"At most {MAX_NESTING} groups in one another", self.at)
        begin, self.at = self.at, opening.end()
        self.nesting += 1
        node = self._either()
        self.nesting -= 1
        if self._peek() != ")":
            raise PatternError("A closing ) is missing", begin)
        self.at += 1
        return node

    def _escape(self) -> str:
        self.at += 2
        char = self.text[self.at - 1 : self.at]
        if char in _CONTROL_ESCAPES:
            return re.escape(_CONTROL_ESCAPES[char])
        if char and char in _CLASS_ESCAPES:
            return f"\\{char}"
        if not char or char.isalnum():
            raise PatternError("This escape is not supported", self.at - 2)
        return re.escape(char)

    def _class(self) -> str:
        begin = self.at
        self.at += 1
        source = "["
        if self._peek() == "^":
            self.at += 1
            source += "^"
        first = True
        while self._peek() != "]" or first:
            if not self._peek() or self.text.startswith("[:", self.at):
                raise PatternError("A class that does not end, or a named one", begin)
            source += self._range(begin)
            first = False
        self.at += 1
        return source + "]"

    def _range(self, begin: int) -> str:
        low = self._class_char()
        if self._peek() != "-" or self.text[self.at + 1 : self.at + 2] in ("]", ""):
            return low
        self.at += 1
        high = self._class_char()
        # Each is one character, perhaps behind a backslash; \d and its like have no order.
        if any(len(end) == 2 and end[1] in _CLASS_ESCAPES for end in (low, high)) or low[-1] > high[-1]:
            raise PatternError("A range without order", begin)
        return f"{low}-{high}"

    def _class_char(self) -> str:
        if self._peek() == "\\":
            return self._escape()
        self.at += 1
        return re.escape(self.text[self.at - 1])
