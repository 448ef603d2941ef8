"""What a tick does to pages, worked out once for all that stand alike, in waves: many pages cost few queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from oncall.logic.escalation import FALLBACK, NO_PLAN, Cursor, Plan, Target, after
from oncall.models import Page, PolicyVersion, StepRun
from oncall.paging.directory import Directory, Resolved
from oncall.paging.planning import forecast
from oncall.paging.versions import plan_of
from oncall.wording import Next


class DuePage(NamedTuple):
    """The columns of a page that its steps look at."""

    pk: int
    subject: str
    title: str
    severity_label: str
    rank: int
    urgency: str
    service: str
    started_at: datetime
    facts: list[dict[str, str]]
    links: list[dict[str, str]]
    private: bool
    canary: bool
    policy_id: int | None
    state: str
    round: int
    step: int
    due_at: datetime
    exhausted_at: datetime | None
    failures: int


COLUMNS: Final = DuePage._fields


@dataclass(slots=True)
class Taken:
    """One step that was run, or one telling of the fallback."""

    cursor: Cursor
    found: Resolved


@dataclass(slots=True)
class Walk:
    """The way through this tick of pages that stand alike: the steps that they ran, and where they stand then."""

    pages: Sequence[DuePage]
    plan: Plan
    following: Cursor
    round_reached: bool
    now: datetime
    taken: list[Taken] = field(default_factory=list)
    over: bool = False

    @property
    def told_fallback(self) -> bool:
        return bool(self.taken) and self.taken[-1].cursor.is_fallback

    @property
    def goes_on(self) -> bool:
        """An acknowledged page runs the one step that somebody asked for."""
        return self.pages[0].state == Page.State.OPEN

    @property
    def urgency(self) -> str:
        return self.pages[0].urgency

    def take(self, directory: Directory) -> None:
        """Run the step that is due; the walk is over once somebody, or the fallback, is reached."""
        cursor = self.following
        found = Resolved()
        if not cursor.is_fallback:
            found = directory.resolve(self.plan.steps[cursor.step - 1].targets, self.urgency, self.now)
        self.taken.append(Taken(cursor, found))
        self.round_reached = self.round_reached or bool(found.reached)
        self.following = after(
            self.plan, cursor, reached=bool(found.reached), round_reached=self.round_reached, ran_at=self.now
        )
        self.round_reached = self.round_reached and self.following.round == cursor.round
        self.over = cursor.is_fallback or bool(found.reached)

    def wanted(self) -> Iterable[tuple[Target, datetime]]:
        """What the next step's targets need at its instant."""
        if self.following.is_fallback:
            return []
        at = max(self.following.due_at, self.now)
        return [(target, at) for target in self.plan.steps[self.following.step - 1].targets]


def walked(pages: Sequence[DuePage], directory: Directory, now: datetime) -> list[Walk]:
    """The pages' ways through a tick at `now`. Changes nothing."""
    walks = _alike(pages, now)
    waiting = walks
    while waiting:
        directory.load(pair for walk in waiting for pair in walk.wanted())
        for walk in waiting:
            walk.take(directory)
        waiting = [walk for walk in waiting if not walk.over]
    return walks


def preview(walk: Walk, directory: Directory) -> Next | None:
    """What these pages do next that reaches somebody, unless they are acknowledged; None where nothing is due."""
    if not walk.goes_on:
        return None
    for planned in forecast(walk.plan, walk.following, directory, walk.urgency, round_reached=walk.round_reached):
        if planned.is_fallback or planned.names:
            return Next(planned.at, planned.names)
    return None


def _alike(pages: Sequence[DuePage], now: datetime) -> list[Walk]:
    """Pages by all that decides about their way: it is the same for each of a group. Being due they all run now."""
    reached = _rounds_reached(pages)
    groups: dict[tuple[Any, ...], list[DuePage]] = defaultdict(list)
    for page in pages:
        # One that could not be run and was given to the fallback goes there whatever its plan says.
        policy = None if page.step == FALLBACK and page.failures else page.policy_id
        round_reached = (page.pk, page.round) in reached
        groups[policy, page.urgency, page.state, page.round, page.step, round_reached].append(page)
    plans = _plans({policy for policy, *_ in groups if policy})
    walks = []
    for (policy, _urgency, _state, round_, step, round_reached), members in groups.items():
        plan = plans.get(policy, NO_PLAN)
        # A step that the plan does not have is the fallback: better told too early than never.
        cursor = Cursor(round_, step if step <= len(plan.steps) else FALLBACK, now)
        walks.append(Walk(members, plan, cursor, round_reached, now))
    return walks


def _plans(policies: set[int]) -> dict[int, Plan]:
    return {key: plan_of(version) for key, version in PolicyVersion.objects.in_bulk(policies).items()}


def _rounds_reached(pages: Sequence[DuePage]) -> set[tuple[int, int]]:
    """Rounds of these pages in which somebody was reached before; asked only where a round is under way."""
    under_way = [page.pk for page in pages if page.step not in (FALLBACK, 1)]
    if not under_way:
        return set()
    runs = StepRun.objects.filter(page__in=under_way, reached__gt=0).exclude(step=FALLBACK)
    return set(runs.values_list("page", "round"))
