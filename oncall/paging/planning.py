"""The future of a page, by the engine's own rules: who will be paged when, as things stand."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from oncall.logic.escalation import Cursor, Plan, after, first
from oncall.models import NotificationRule, Page, StepRun
from oncall.paging.directory import Directory, Resolved
from oncall.paging.values import Planned, PlannedPerson
from oncall.paging.versions import drafted, plan_of

AHEAD = 12  # a page without end is shown this many runs ahead


def plan(page: Page, now: datetime) -> list[Planned]:
    """What `page` will do from `now` on unless somebody acknowledges, up to the first telling of the fallback.

    Steps that would reach nobody are named with their reasons; who is on call is computed for the step's own instant.
    Empty where nothing is due (acknowledged, over). A held page is shown as if it were released now.
    """
    due_at = page.held_due_at if page.held_at else page.due_at
    if due_at is None or page.state != Page.State.OPEN:
        return []
    steps = plan_of(page.policy)
    cursor = Cursor(page.round, page.step, max(due_at, now))
    reached = StepRun.objects.filter(page=page, round=page.round, reached__gt=0, step__gt=0).exists()
    directory = Directory(now)
    directory.load(
        (target, ahead.due_at)
        for ahead in _hopeful(steps, cursor)
        if not ahead.is_fallback
        for target in steps.steps[ahead.step - 1].targets
    )
    return list(forecast(steps, cursor, directory, page.urgency, round_reached=reached))


def preview(policy: int, urgency: str, now: datetime) -> list[Planned]:
    """What a page by this policy would do if it opened at `now` and nobody answered; writes nothing.

    Empty where there is no such policy.
    """
    version = drafted([policy], now).get(policy)
    if version is None:
        return []
    steps = plan_of(version)
    cursor = first(steps, now)
    directory = Directory(now)
    directory.load(
        (target, ahead.due_at)
        for ahead in _hopeful(steps, cursor)
        if not ahead.is_fallback
        for target in steps.steps[ahead.step - 1].targets
    )
    return list(forecast(steps, cursor, directory, urgency, round_reached=False))


def forecast(
    steps: Plan, cursor: Cursor, directory: Directory, urgency: str, *, round_reached: bool
) -> Iterator[Planned]:
    """Run after run from `cursor` on, each at its due time, at most 12 and up to the fallback."""
    for _run in range(AHEAD):
        if cursor.is_fallback:
            yield Planned(cursor.step, cursor.round, cursor.due_at)
            return
        found = directory.resolve(steps.steps[cursor.step - 1].targets, urgency, cursor.due_at)
        yield _planned(cursor, found)
        round_reached = round_reached or bool(found.reached)
        following = after(steps, cursor, reached=bool(found.reached), round_reached=round_reached, ran_at=cursor.due_at)
        round_reached = round_reached and following.round == cursor.round
        cursor = following


def reachable(user_ids: Iterable[int], urgency: str = "high") -> set[int]:
    """Which of these people have an active account and a verified contact method with a rule for the urgency."""
    rules = NotificationRule.objects.filter(
        user__in=set(user_ids),
        user__is_active=True,
        urgency=urgency,
        contact_method__verified_at__isnull=False,
    )
    return set(rules.values_list("user", flat=True))


def _hopeful(steps: Plan, cursor: Cursor) -> Iterator[Cursor]:
    """Where the page would stand if each step reached somebody: what is likely to be asked for, to load it at once."""
    for _run in range(AHEAD):
        yield cursor
        if cursor.is_fallback:
            return
        cursor = after(steps, cursor, reached=True, round_reached=True, ran_at=cursor.due_at)


def _planned(cursor: Cursor, found: Resolved) -> Planned:
    people = [PlannedPerson(str(reached.user), reachable=True, why="") for reached in found.people]
    people += [PlannedPerson(miss.person, reachable=False, why=str(miss.why)) for miss in found.misses if miss.person]
    return Planned(
        step=cursor.step,
        round=cursor.round,
        at=cursor.due_at,
        people=tuple(people),
        channels=tuple(channel.name for channel in found.channels),
        misses=found.misses,
    )
