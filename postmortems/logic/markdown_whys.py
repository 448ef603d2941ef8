"""Five whys as a Markdown list: answers within answers, or a numbered list in which each asks on."""

import re
from collections.abc import Sequence
from typing import Final

from postmortems.logic.document import Why
from postmortems.logic.markdown_lines import Item, unescaped

_CAUSE: Final = re.compile(r"\*\*(?:root )?cause:?\*\*:?\s*(.*)", re.IGNORECASE | re.DOTALL)
#: Deeper answers are not looked for: nobody asks so often.
DEEPEST: Final = 50


def whys_of(items: Sequence[Item]) -> tuple[Why, ...]:
    """The tree of answers; a numbered list on one level is a chain that ends in a cause."""
    if len(items) > 1 and all(item.numbered for item in items) and len({item.depth for item in items}) == 1:
        return _chain(items)
    return _tree(items, 0)


def _tree(items: Sequence[Item], level: int) -> tuple[Why, ...]:
    """The least indented are siblings; what is deeper belongs to the one before."""
    made: list[Why] = []
    start = 0
    while start < len(items):
        end = start + 1
        while end < len(items) and (items[end].depth > items[start].depth or level >= DEEPEST):
            if level >= DEEPEST:
                break
            end += 1
        made.append(_why(items[start], _tree(items[start + 1 : end], level + 1)))
        start = end
    return tuple(made)


def _why(item: Item, deeper: tuple[Why, ...]) -> Why:
    text = " ".join(item.text.split())
    cause = _CAUSE.fullmatch(text)
    return Why(unescaped(cause[1]) if cause else text, cause is not None, deeper)


def _chain(items: Sequence[Item]) -> tuple[Why, ...]:
    whys: tuple[Why, ...] = ()
    for item in reversed(items):
        why = _why(item, whys)
        whys = (Why(why.text, is_cause=why.is_cause or not whys, deeper=whys),)
    return whys
