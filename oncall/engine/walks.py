"""What a tick does to each page, worked out in waves, so that many pages cost as many queries as one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from oncall.logic.escalation import FALLBACK, NO_PLAN, Cursor, Plan, Target, after
from oncall.logic.reach import in_words
from oncall.models import Page, PolicyVersion, StepRun
from oncall.paging.directory import Directory, Resolved
from oncall.paging.planning import forecast
from oncall.paging.versions import plan_of
from oncall.wording import Next


@dataclass(slots=True)
class Taken:
    """One step that was run, or one telling of the fallback."""

    cursor: Cursor
    found: Resolved


@dataclass(slots=True)
class Walk:
    """One page's way through this tick: the steps that it ran, and where it stands then."""

    page: Page
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
    def runs(self) -> list[StepRun]:
        return [
            StepRun(
                page=self.page,
                round=taken.cursor.round,
                step=taken.cursor.step,
                ran_at=self.now,
                reached=taken.found.reached,
                misses=in_words(taken.found.misses),
            )
            for taken in self.taken
        ]

    def take(self, directory: Directory) -> None:
        """Run the step that is due; the walk is over once somebody, or the fallback, is reached."""
        cursor = self.following
        found = Resolved()
        if not cursor.is_fallback:
            found = directory.resolve(self.plan.steps[cursor.step - 1].targets, self.page.urgency, self.now)
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


def walked(pages: Sequence[Page], directory: Directory, now: datetime) -> list[Walk]:
    """The pages' ways through a tick at `now`. Changes nothing."""
    plans = _plans(pages)
    reached = _rounds_reached(pages)
    walks = [
        Walk(
            page=page,
            plan=plan,
            following=Cursor(page.round, _step(page, plan), page.due_at or now),
            round_reached=(page.pk, page.round) in reached,
            now=now,
        )
        for page, plan in zip(pages, plans, strict=True)
    ]
    waiting = walks
    while waiting:
        directory.load(pair for walk in waiting for pair in walk.wanted())
        for walk in waiting:
            walk.take(directory)
        waiting = [walk for walk in waiting if not walk.over]
    return walks


def previews(walks: Sequence[Walk], directory: Directory, now: datetime) -> dict[int, Next | None]:
    """What each page does next that reaches somebody, unless it is acknowledged; None where nothing is due."""
    going_on = [walk for walk in walks if walk.page.state == Page.State.OPEN]
    directory.load(pair for walk in going_on for pair in walk.wanted())
    found: dict[int, Next | None] = dict.fromkeys(walk.page.pk for walk in walks)
    return found | {walk.page.pk: _preview(walk, directory) for walk in going_on}


def _preview(walk: Walk, directory: Directory) -> Next | None:
    for planned in forecast(walk.plan, walk.following, directory, walk.page.urgency, round_reached=walk.round_reached):
        if planned.is_fallback or planned.names:
            return Next(planned.at, planned.names)
    return None


def _plans(pages: Sequence[Page]) -> list[Plan]:
    """Each page's plan. One that could not be run and was given to the fallback goes there whatever its plan says."""
    given_up = {page.pk for page in pages if page.step == FALLBACK and page.failures}
    policies = {page.policy_id for page in pages if page.policy_id and page.pk not in given_up}
    plans = {key: plan_of(version) for key, version in PolicyVersion.objects.in_bulk(policies).items()}
    return [NO_PLAN if page.pk in given_up else plans.get(page.policy_id or 0, NO_PLAN) for page in pages]


def _rounds_reached(pages: Sequence[Page]) -> set[tuple[int, int]]:
    """Rounds of these pages in which somebody was reached before; asked only where a round is under way."""
    under_way = [page.pk for page in pages if page.step not in (FALLBACK, 1)]
    if not under_way:
        return set()
    runs = StepRun.objects.filter(page__in=under_way, reached__gt=0).exclude(step=FALLBACK)
    return set(runs.values_list("page", "round"))


def _step(page: Page, plan: Plan) -> int:
    """A step that the plan does not have is the fallback: better told too early than never."""
    return page.step if page.step <= len(plan.steps) else FALLBACK
