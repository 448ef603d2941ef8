"""Plots as values that a template draws as SVG: lengths in its units, words beside every bar, never colour alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from postmortems.logic.completion import Tally

WHOLE: Final = 100  # a bar's length
WIDE: Final = 480
HIGH: Final = 168
FLOOR: Final = 140
ABOVE: Final = 26  # room for the number over the highest column
EVERY: Final = 3  # steps to a label: more would not be readable on a phone


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar, from 0 to WHOLE."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """All that is to be done of a group, cut into done, to do, overdue; `said` is the same in words."""

    words: str
    value: str
    said: str
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class Step:
    """One column; `label` is empty where there is no room for it."""

    label: str
    count: int
    x: float
    y: float
    width: float
    height: float
    middle: float


@dataclass(frozen=True, slots=True)
class Columns:
    """A column for each step of time, `said` the same in words, `table` too."""

    title: str
    said: str
    wide: int
    high: int
    floor: int
    steps: list[Step]
    table: list[tuple[str, int, str]]


def bar(words: str, value: str, tally: Tally) -> Bar:
    """`value` is its completion in words."""
    wanted, x, parts = tally.done + tally.open, 0.0, []
    for kind, count in (("done", tally.done), ("open", tally.open - tally.overdue), ("overdue", tally.overdue)):
        if count:
            width = WHOLE * count / wanted
            parts.append(Part(kind, round(x, 2), round(width, 2)))
            x += width
    counts = {"words": words, "done": tally.done, "open": tally.open, "overdue": tally.overdue}
    said = _("%(words)s: %(done)d done, %(open)d to do, %(overdue)d of these overdue") % counts
    return Bar(words, value, said, parts)


def columns(title: str, table: Sequence[tuple[str, int, str]]) -> Columns:
    """From (words, count, address of the list behind it), in order; the last one has a label."""
    most = max((count for _words, count, _list in table), default=0) or 1
    room = WIDE / max(len(table), 1)
    steps = []
    for number, (words, count, _list) in enumerate(table):
        height = round((FLOOR - ABOVE) * count / most, 2)
        x, width = round(number * room + room * 0.2, 2), round(room * 0.6, 2)
        label = words if (len(table) - 1 - number) % EVERY == 0 else ""
        steps.append(Step(label, count, x, round(FLOOR - height, 2), width, height, round(x + width / 2, 2)))
    said = "; ".join(f"{words}: {count}" for words, count, _list in table)
    return Columns(title, said, WIDE, HIGH, FLOOR, steps, list(table))
