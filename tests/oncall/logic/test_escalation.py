"""Order and times of a page's steps, rounds and fallback."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from oncall.logic.escalation import FALLBACK, NO_PLAN, Cursor, Plan, Step, Target, after, first, read_plan, steps_left

T0 = datetime(2026, 1, 14, 9, 0, tzinfo=UTC)
ANA = Target("user", 1, None, "Ana")


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def plan(*delays: int, repeat: int | None = 0, repeat_after: int = 15) -> Plan:
    return Plan(tuple(Step(minutes(delay), (ANA,)) for delay in delays), repeat, minutes(repeat_after))


def run(plan: Plan, cursor: Cursor, at: datetime, *, reached: bool = True, round_reached: bool = True) -> Cursor:
    return after(plan, cursor, reached=reached, round_reached=round_reached, ran_at=at)


def test_first_step_is_due_its_delay_after_the_opening() -> None:
    assert first(plan(3, 5), T0) == Cursor(1, 1, T0 + minutes(3))


def test_without_steps_the_fallback_is_told_at_once() -> None:
    assert first(NO_PLAN, T0) == Cursor(1, FALLBACK, T0)
    assert first(plan(), T0) == Cursor(1, FALLBACK, T0)


def test_next_delay_counts_from_when_the_step_really_ran() -> None:
    late = T0 + minutes(50)
    assert run(plan(0, 5), Cursor(1, 1, T0), late) == Cursor(1, 2, late + minutes(5))


def test_step_that_reached_nobody_falls_through_at_once() -> None:
    assert run(plan(0, 5), Cursor(1, 1, T0), T0, reached=False, round_reached=False) == Cursor(1, 2, T0)


def test_second_round_begins_when_the_repeat_wait_ends_without_its_own_delay() -> None:
    assert run(plan(7, 5, repeat=1), Cursor(1, 2, T0), T0) == Cursor(2, 1, T0 + minutes(15))


def test_last_step_that_reached_nobody_starts_the_next_round_at_once() -> None:
    assert run(plan(0, 5, repeat=1), Cursor(1, 2, T0), T0, reached=False) == Cursor(2, 1, T0)


def test_round_that_reached_nobody_goes_to_the_fallback_without_wait_or_repeat() -> None:
    ended = run(plan(0, 5, repeat=3), Cursor(1, 2, T0), T0, reached=False, round_reached=False)
    assert ended == Cursor(1, FALLBACK, T0)


def test_after_the_last_round_the_fallback_waits_as_long_as_a_repeat() -> None:
    assert run(plan(0, 5, repeat=1), Cursor(2, 2, T0), T0) == Cursor(2, FALLBACK, T0 + minutes(15))


def test_fallback_is_told_again_every_thirty_minutes() -> None:
    again = run(plan(0), Cursor(1, FALLBACK, T0), T0 + minutes(1))
    assert again == Cursor(2, FALLBACK, T0 + minutes(31))
    assert run(NO_PLAN, again, again.due_at) == Cursor(3, FALLBACK, T0 + minutes(61))


def test_endless_plan_repeats_for_ever() -> None:
    cursor = first(plan(0, repeat=None, repeat_after=5), T0)
    for turn in range(2, 100):
        cursor = run(plan(0, repeat=None, repeat_after=5), cursor, cursor.due_at)
        assert cursor == Cursor(turn, 1, T0 + minutes(5 * (turn - 1)))


def test_endless_plan_tells_the_fallback_once_in_thirty_minutes_while_nobody_is_reached() -> None:
    endless = plan(0, repeat=None, repeat_after=5)
    told = run(endless, Cursor(4, 1, T0), T0, reached=False, round_reached=False)
    assert told == Cursor(4, FALLBACK, T0)
    assert run(endless, told, T0, reached=True) == Cursor(5, 1, T0 + minutes(30))


def test_nobody_can_ask_for_the_fallback() -> None:
    assert steps_left(plan(0, 5), Cursor(1, 2, T0))
    assert not steps_left(plan(0, 5), Cursor(1, FALLBACK, T0))


def test_stored_version_reads_as_the_plan_it_was() -> None:
    steps = [{"delay_minutes": 5, "targets": [{"kind": "schedule", "id": 3, "layer": None, "name": "Platform"}]}]
    expected = Plan((Step(minutes(5), (Target("schedule", 3, None, "Platform"),)),), 2, minutes(10))
    assert read_plan(steps, 2, 10) == expected


plans = st.builds(
    lambda delays, repeat, wait: plan(*delays, repeat=repeat, repeat_after=wait),
    st.lists(st.integers(0, 20), max_size=4),
    st.one_of(st.none(), st.integers(0, 3)),
    st.integers(1, 30),
)


# Four steps in four rounds, then the fallback: 24 turns see it told more than once.
@given(
    plans, st.lists(st.booleans(), min_size=24, max_size=24), st.lists(st.integers(0, 300), min_size=24, max_size=24)
)
def test_walk_never_ends_nor_runs_a_step_twice_and_always_comes_to_the_fallback(
    plan: Plan, answers: list[bool], lateness: list[int]
) -> None:
    cursor, seen, reached_in_round = first(plan, T0), set(), {}
    for reached, late in zip(answers, lateness, strict=True):
        assert (cursor.round, cursor.step) not in seen
        seen.add((cursor.round, cursor.step))
        ran_at = cursor.due_at + timedelta(seconds=late)
        reached_in_round[cursor.round] = reached_in_round.get(cursor.round, False) or reached
        following = run(plan, cursor, ran_at, reached=reached, round_reached=reached_in_round[cursor.round])
        assert following.due_at >= ran_at
        assert reached or cursor.is_fallback or following.due_at == ran_at
        cursor = following
    if plan.repeat is not None:
        assert any(step == FALLBACK for _, step in seen)
