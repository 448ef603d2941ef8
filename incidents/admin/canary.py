"""Thirty days of canaries, as the first page shows them: a cell for each day and the two shares."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from oncall import canary
from oncall.canary import Day


@dataclass(frozen=True, slots=True)
class Cell:
    """A day. `tone` is ok, some (a few were missed), bad (more than one in twenty) or none (nothing was posted)."""

    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class Strip:
    """Empty shares: nothing was posted yet."""

    cells: list[Cell]
    accepted: str
    received: str


def strip(now: datetime) -> Strip:
    """One query."""
    days = canary.month(now)
    total = canary.total(days)
    return Strip([_cell(day) for day in days], _share(total.accepted, total.runs), _share(total.received, total.runs))


def _cell(day: Day) -> Cell:
    on = date_format(day.on, "j M")
    if not day.runs:
        return Cell("none", _("%(on)s: none posted") % {"on": on})
    missed = day.runs - day.received
    tone = "ok" if not missed else "bad" if missed * 20 > day.runs else "some"
    said = {"on": on, "runs": day.runs, "accepted": day.accepted, "received": day.received}
    return Cell(tone, _("%(on)s: %(accepted)d of %(runs)d accepted, %(received)d delivered in time") % said)


def _share(good: int, runs: int) -> str:
    """In per cent, rounded down: 100 % is said of all only."""
    return f"{good * 10_000 // runs / 100:g} %" if runs else ""
