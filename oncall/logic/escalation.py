"""What a page does next: the order and times of steps, rounds and tellings of the fallback (INTERFACE.md §4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

FALLBACK = 0  # the step number that stands for the fallback channel
FALLBACK_EVERY = timedelta(minutes=30)
# Messages of one page to one contact method that are due this close together are one message (P4).
JOIN_WITHIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a step pages: `kind` is schedule, user, team_lead, team_manager, team or channel, `id` the key of that.

    `layer` is for schedules (None: the first); `name` is how it read when the page began.
    """

    kind: str
    id: int | None
    layer: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Step:
    """`delay` is the wait before this step, counted from when the step before it was really done."""

    delay: timedelta
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A policy as a page follows it. `repeat` more rounds after the first; None: without end, for a person paged by
    hand. `repeat_after` is the wait after a last step that reached somebody."""

    steps: tuple[Step, ...]
    repeat: int | None
    repeat_after: timedelta


@dataclass(frozen=True, slots=True)
class Cursor:
    """What runs next, both counted from 1, and when; step 0 is the fallback channel."""

    round: int
    step: int
    due_at: datetime

    @property
    def is_fallback(self) -> bool:
        return self.step == FALLBACK


def read_plan(steps: Iterable[Mapping[str, Any]], repeat: int | None, repeat_after_minutes: int) -> Plan:
    """The plan that a stored policy version describes: steps of {delay_minutes, targets: [{kind, id, layer, name}]}."""
    return Plan(
        steps=tuple(
            Step(
                timedelta(minutes=step["delay_minutes"]),
                tuple(Target(t["kind"], t["id"], t.get("layer"), t.get("name", "")) for t in step["targets"]),
            )
            for step in steps
        ),
        repeat=repeat,
        repeat_after=timedelta(minutes=repeat_after_minutes),
    )


NO_PLAN = Plan((), 0, timedelta(0))


def first(plan: Plan, opened_at: datetime) -> Cursor:
    """Where a page begins: its first step, counted from the page's opening; without steps the fallback at once."""
    if not plan.steps:
        return Cursor(1, FALLBACK, opened_at)
    return Cursor(1, 1, opened_at + plan.steps[0].delay)


def after(plan: Plan, cursor: Cursor, *, reached: bool, round_reached: bool, ran_at: datetime) -> Cursor:
    """What follows when `cursor` was run at `ran_at`.

    `reached`: that step reached somebody; `round_reached`: it or an earlier step of its round did. The same (round,
    step) never comes twice, so that it names each run of a page.
    """
    if cursor.is_fallback:
        again = ran_at + FALLBACK_EVERY
        endless = plan.repeat is None and bool(plan.steps)
        return Cursor(cursor.round + 1, 1 if endless else FALLBACK, again)
    if cursor.step < len(plan.steps):
        wait = plan.steps[cursor.step].delay if reached else timedelta(0)
        return Cursor(cursor.round, cursor.step + 1, ran_at + wait)
    if not round_reached:
        return Cursor(cursor.round, FALLBACK, ran_at)
    due = ran_at + (plan.repeat_after if reached else timedelta(0))
    if plan.repeat is None or cursor.round <= plan.repeat:
        # The next round's first step runs when this wait ends: its own delay counts from the opening only.
        return Cursor(cursor.round + 1, 1, due)
    return Cursor(cursor.round, FALLBACK, due)


def longest_wait(plan: Plan, cursor: Cursor) -> timedelta:
    """How far ahead `cursor` may have been when it was set, whatever came before it."""
    if cursor.is_fallback or cursor.step > len(plan.steps):
        return max(FALLBACK_EVERY, plan.repeat_after)
    if cursor.step > 1 or cursor.round == 1:
        return plan.steps[cursor.step - 1].delay
    return max(plan.repeat_after, FALLBACK_EVERY if plan.repeat is None else timedelta(0))


def steps_left(plan: Plan, cursor: Cursor) -> bool:
    """Whether a step is left that somebody could ask for now; the fallback is none."""
    return not cursor.is_fallback and cursor.step <= len(plan.steps)
