"""What a measurement says: a figure beside the physical limit of the same run, and the target that it must reach."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    `unit` says what `value`, `target` and `limit` count: "/s" wants to be high, anything else ("ms", "s", "x") low.
    It is reached as the number, or as the `share` of the limit on a slower machine. Without a target it only informs.
    """

    work: str
    value: float
    unit: str
    target: float | None = None
    limit: float | None = None
    limit_is: str = ""
    share: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.limit if self.limit else None

    @property
    def reached(self) -> bool | None:
        if self.target is None and self.share is None:
            return None
        return _holds(self.value, self.target, self.unit) or _holds(self.ratio, self.share, self.unit)


def _holds(value: float | None, wanted: float | None, unit: str) -> bool:
    if value is None or wanted is None:
        return False
    return value >= wanted if unit == "/s" else value <= wanted


def middle(runs: Sequence[Sequence[Figure]]) -> list[Figure]:
    """The median of several runs, work by work, of figures and of limits."""
    by_work: dict[str, list[Figure]] = {}
    for run in runs:
        for figure in run:
            by_work.setdefault(figure.work, []).append(figure)
    return [_middle(figures) for figures in by_work.values()]


def _middle(figures: Sequence[Figure]) -> Figure:
    limits = [figure.limit for figure in figures if figure.limit is not None]
    changed: dict[str, Any] = {
        "value": statistics.median(figure.value for figure in figures),
        "limit": statistics.median(limits) if limits else None,
    }
    return Figure(**{**asdict(figures[0]), **changed})


def table(figures: Sequence[Figure]) -> str:
    """Aligned columns: work, figure, physical limit of the same run, ratio, target, reached?"""
    rows = [("work", "figure", "limit of this run", "ratio", "target", "reached")]
    rows += [_cells(figure) for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _cells(figure: Figure) -> tuple[str, ...]:
    limit = f"{_amount(figure.limit, figure.unit)} {figure.limit_is}" if figure.limit else ""
    ratio = f"{figure.ratio:.2f}" if figure.ratio is not None else ""
    wanted = []
    if figure.target is not None:
        wanted.append(f"{'≥' if figure.unit == '/s' else '≤'} {_amount(figure.target, figure.unit)}")
    if figure.share is not None:
        wanted.append(f"{figure.share:g} of the limit")
    reached = {True: "yes", False: "NO", None: ""}[figure.reached]
    return (figure.work, _amount(figure.value, figure.unit), limit, ratio, " or ".join(wanted), reached)


def _amount(value: float, unit: str) -> str:
    if unit == "/s":
        return f"{value:,.0f}/s"
    return f"{value:,.0f} {unit}" if value >= 1000 else f"{value:.3g} {unit}"


def as_json(figure: Figure) -> dict[str, Any]:
    """All that the table shows, as plain values."""
    return {**asdict(figure), "ratio": figure.ratio, "reached": figure.reached}
