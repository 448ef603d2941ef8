"""The count finds what is lost, doubled, early or unasked for; a judge that sees nothing would be no judge."""

from tests.chaos.counting import count
from tests.chaos.faults import Happened
from tests.chaos.provider import Arrival, Mood
from tests.chaos.sender import Problem


def problem(number: int, at: float = 100.0) -> Problem:
    return Problem(number, at, accepted_at=at + 0.1)


def arrival(number: int, at: float, step: int = 1, page: int | None = None, mood: Mood = Mood.WELL) -> Arrival:
    key = f"page:{page or number + 50}:1:{step}:1:1"
    return Arrival(at, "ana", key, f"[SEV-1] Orders: problem {number} here", mood)


def test_what_never_came_or_was_refused_is_lost() -> None:
    found = count([problem(0), problem(1), problem(2)], [arrival(0, 101), arrival(1, 101, mood=Mood.FAILS)], [], 0, 1)
    assert found.lost == ["problem 1, step 1", "problem 2, step 1"]
    assert (found.expected, found.received) == (3, 1)


def test_what_was_not_accepted_or_was_resolved_is_owed_to_nobody() -> None:
    silent, resolved = Problem(0, 100.0), problem(1)
    resolved.resolve_sent_at = 110.0
    assert count([silent, resolved], [], [], 0, 1).lost == []


def test_a_message_sent_again_without_a_reason_is_doubled() -> None:
    twice = [arrival(0, 101), arrival(0, 130)]
    assert count([problem(0)], twice, [], 0, 1).doubled == ["page:50:1:1:1:1"]
    killed = Happened("paging killed", 101.2, 101.2, True)
    assert count([problem(0)], twice, [killed], 0, 1).doubled == []
    flushed = Happened("Redis flushed", 101.2, 101.2, False)
    assert count([problem(0)], twice, [flushed], 0, 1).doubled == ["page:50:1:1:1:1"]


def test_a_message_whose_answer_broke_off_may_come_again() -> None:
    assert count([problem(0)], [arrival(0, 101, mood=Mood.BREAKS), arrival(0, 106)], [], 0, 1).doubled == []


def test_two_pages_for_one_problem_are_doubled() -> None:
    assert count([problem(0)], [arrival(0, 101, page=7), arrival(0, 101, page=8)], [], 0, 1).doubled


def test_a_second_step_before_its_minute_is_early() -> None:
    assert count([problem(0)], [arrival(0, 101), arrival(0, 159, step=2)], [], 0, 2).early == ["problem 0, step 2"]
    assert count([problem(0)], [arrival(0, 101), arrival(0, 161, step=2)], [], 0, 2).early == []


def test_lag_counts_from_the_answer_to_the_first_receipt() -> None:
    found = count([problem(0), problem(1, 200.0)], [arrival(0, 101.1), arrival(1, 205.1)], [], 150.0, 1)
    assert [round(lag, 3) for lag in found.calm] == [1.0]
    assert [round(lag, 3) for lag in found.chaos] == [5.0]
