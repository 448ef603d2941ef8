"""What came of it, counted from the sender's log and the provider's log alone."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import quantiles

from tests.chaos.faults import Happened
from tests.chaos.provider import Arrival, Mood
from tests.chaos.sender import Problem

PROBLEM = re.compile(r"problem (\d+) here")
KEY = re.compile(r"page:(\d+):(\d+):(\d+):")  # page, round, step
STEP_SECONDS = 60.0
# A message's outcome is lost when a fault begins right after its receipt, or has just ended.
EXCUSED_SECONDS = 5.0


@dataclass(slots=True)
class Count:
    """Pages by (problem, step): what was owed and what came. Lags are seconds from the 202 to the first receipt."""

    expected: int = 0
    received: int = 0
    lost: list[str] = field(default_factory=list)
    early: list[str] = field(default_factory=list)
    again: int = 0
    doubled: list[str] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)
    calm: list[float] = field(default_factory=list)
    chaos: list[float] = field(default_factory=list)


def count(
    problems: Sequence[Problem], arrivals: Iterable[Arrival], faults: Sequence[Happened], calm_until: float, steps: int
) -> Count:
    """Owed: each of the first `steps` steps of every accepted problem that nobody tried to resolve."""
    counted = Count()
    taken = by_step(arrival for arrival in arrivals if arrival.taken)
    for problem in problems:
        for step in range(1, steps + 1):
            _owed(problem, step, taken, counted)
        if first := taken.get((problem.number, 1)):
            lags = counted.calm if problem.sent_at < calm_until else counted.chaos
            lags.append(max(0.0, first[0].at - (problem.accepted_at or first[0].at)))
    began = {problem.number: problem.sent_at for problem in problems}
    for (number, step), came in taken.items():
        _repeats(came, faults, counted)
        if step > 1 and came[0].at < began[number] + (step - 1) * STEP_SECONDS:
            counted.early.append(f"problem {number}, step {step}")
        if len({KEY.match(arrival.key).groups() for arrival in came}) > 1:  # type: ignore[union-attr]
            counted.doubled.append(f"problem {number}, step {step}: two pages")
    counted.received = sum(1 for came in taken.values() if came)
    counted.stray = [arrival.key for arrival in arrivals_without_step(arrivals)]
    return counted


def outstanding(problems: Iterable[Problem], arrivals: Iterable[Arrival], steps: int) -> int:
    """Pages that are owed and have not come."""
    taken = by_step(arrival for arrival in arrivals if arrival.taken)
    return sum(
        (problem.number, step) not in taken for problem in problems if _owes(problem) for step in range(1, steps + 1)
    )


def by_step(arrivals: Iterable[Arrival]) -> Mapping[tuple[int, int], list[Arrival]]:
    """Arrivals of each problem's step, the first one first."""
    found: dict[tuple[int, int], list[Arrival]] = defaultdict(list)
    for arrival in sorted(arrivals, key=lambda arrival: arrival.at):
        title, key = PROBLEM.search(arrival.title), KEY.match(arrival.key)
        if title and key:
            found[int(title[1]), int(key[3])].append(arrival)
    return found


def about(problems: Iterable[Problem], arrivals: Iterable[Arrival]) -> list[Arrival]:
    """What came for these problems, where several senders were at work one after the other."""
    numbers = {problem.number for problem in problems}
    found = ((PROBLEM.search(arrival.title), arrival) for arrival in arrivals)
    return [arrival for title, arrival in found if title and int(title[1]) in numbers]


def arrivals_without_step(arrivals: Iterable[Arrival]) -> Iterator[Arrival]:
    """Messages that no problem asked for: to the fallback, or of no page."""
    return (arrival for arrival in arrivals if not (KEY.match(arrival.key) and PROBLEM.search(arrival.title)))


def percentile(values: Sequence[float], hundredths: int) -> float:
    """Of at least one value."""
    if len(values) == 1:
        return values[0]
    return quantiles(values, n=100, method="inclusive")[hundredths - 1]


def _owes(problem: Problem) -> bool:
    return problem.accepted_at is not None and problem.resolve_sent_at is None


def _owed(problem: Problem, step: int, taken: Mapping[tuple[int, int], list[Arrival]], counted: Count) -> None:
    if not _owes(problem):
        return
    counted.expected += 1
    if (problem.number, step) not in taken:
        counted.lost.append(f"problem {problem.number}, step {step}")


def _repeats(came: Sequence[Arrival], faults: Sequence[Happened], counted: Count) -> None:
    """Each receipt of a key after its first is to be excused by what happened to the one before it."""
    by_key: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in came:
        by_key[arrival.key].append(arrival)
    for key, times in by_key.items():
        for before, _after in pairwise(times):
            counted.again += 1
            if before.mood is Mood.WELL and not _excused(before.at, faults):
                counted.doubled.append(key)


def _excused(at: float, faults: Sequence[Happened]) -> bool:
    return any(
        fault.excuses and fault.began - EXCUSED_SECONDS <= at <= fault.ended + EXCUSED_SECONDS for fault in faults
    )
