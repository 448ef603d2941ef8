"""The table, and whether a bound is broken."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.counting import Count, percentile
from tests.chaos.faults import Happened
from tests.chaos.sender import Sender

CALM_SECONDS = 2.0
CHAOS_SECONDS = 15.0
# Accepted, honestly not accepted, or no answer at all.
HONEST = {"202", "503", "ConnectionError", "ReadTimeout", "ConnectTimeout", "ChunkedEncodingError"}
# Below so many messages the worst single fault is the percentile: a short run tells the lag and judges the rest.
ENOUGH_FOR_P99 = 1000
NAMED = 5  # how many of what is wrong are named


@dataclass(frozen=True, slots=True)
class Bound:
    words: str
    kept: bool
    detail: str = ""


def bounds(sender: Sender, counted: Count) -> list[Bound]:
    lag = [_p99("first receipt, chaos", counted.chaos, CHAOS_SECONDS)] if len(counted.chaos) >= ENOUGH_FOR_P99 else []
    dishonest = {said: times for said, times in sender.answers.items() if said not in HONEST}
    return [
        _none("pages lost", counted.lost),
        _none("pages doubled beyond P4", counted.doubled),
        _none("steps early", counted.early),
        _none("messages that nobody asked for", counted.stray),
        Bound("answers are 202, 503 or none", not dishonest, str(dishonest or "")),
        _p99("first receipt, calm", counted.calm, CALM_SECONDS),
        *lag,
    ]


def table(seed: int, sender: Sender, faults: Sequence[Happened], counted: Count) -> str:
    kinds = Counter(fault.name for fault in faults)
    answers = ", ".join(f"{said} {times}" for said, times in sorted(sender.answers.items()))
    rows = [
        ("seed", str(seed)),
        ("faults", f"{len(faults)}: " + ", ".join(f"{name} {times}" for name, times in sorted(kinds.items()))),
        ("alerts sent / accepted", f"{sender.sent} / {sender.accepted}"),
        ("answers", answers),
        ("pages expected / received", f"{counted.expected} / {counted.received} (received counts resolved ones too)"),
        ("lost", str(len(counted.lost))),
        ("sent again / doubled beyond P4", f"{counted.again} / {len(counted.doubled)}"),
        ("early", str(len(counted.early))),
        ("lag calm p50 / p95 / p99 / max", _lags(counted.calm)),
        ("lag chaos p50 / p95 / p99 / max", _lags(counted.chaos)),
        ("machine: load of five minutes, cores", f"{os.getloadavg()[1]:.1f}, {os.cpu_count()}"),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}}  {value}" for name, value in rows]
    verdicts = [f"{'kept  ' if b.kept else 'BROKEN'}  {b.words} {b.detail}".rstrip() for b in bounds(sender, counted)]
    return "\n".join([*lines, "", *verdicts])


def _none(words: str, wrong: Sequence[str]) -> Bound:
    more = " …" if len(wrong) > NAMED else ""
    return Bound(f"no {words}", not wrong, ", ".join(wrong[:NAMED]) + more)


def _p99(words: str, lags: Sequence[float], limit: float) -> Bound:
    if not lags:
        return Bound(f"{words}: p99 ≤ {limit:.0f} s", False, "(nothing was received)")
    found = percentile(lags, 99)
    return Bound(f"{words}: p99 ≤ {limit:.0f} s", found <= limit, f"({found:.2f} s)")


def _lags(lags: Sequence[float]) -> str:
    if not lags:
        return "–"
    figures = [*(percentile(lags, p) for p in (50, 95, 99)), max(lags)]
    return " / ".join(f"{figure:.2f} s" for figure in figures)
