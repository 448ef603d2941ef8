"""A shift that moves keeps its event."""

from datetime import timedelta

from oncall.logic.calendar import Known, Plan, matched
from oncall.logic.handoffs import Duty
from tests.cast import NOW

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ANA, BO = 1, 2


def duty(day: float, hours: float = 0, person: int = ANA, layer: int = 7, days: float = 7) -> Duty:
    start = NOW + day * DAY + hours * HOUR
    return Duty(layer, person, start, start + days * DAY)


def test_what_is_as_it_was_is_left_alone() -> None:
    weeks = [duty(0), duty(14)]
    assert matched([Known(1, weeks[0]), Known(2, weeks[1])], weeks) == Plan([], [], [])


def test_a_rotation_an_hour_later_moves_every_event() -> None:
    known = [Known(1, duty(0)), Known(2, duty(14))]
    plan = matched(known, [duty(0, 1), duty(14, 1)])
    assert plan == Plan([], [Known(1, duty(0, 1)), Known(2, duty(14, 1))], [])


def test_a_rotation_a_week_later_moves_each_to_its_next() -> None:
    known = [Known(1, duty(0)), Known(2, duty(14))]
    assert matched(known, [duty(7), duty(21)]).moved == [Known(1, duty(7)), Known(2, duty(21))]


def test_a_shift_that_ends_earlier_is_the_same() -> None:
    assert matched([Known(1, duty(0))], [duty(0, days=3)]) == Plan([], [Known(1, duty(0, days=3))], [])


def test_another_person_or_layer_is_another_shift() -> None:
    plan = matched([Known(1, duty(0)), Known(2, duty(0, layer=8))], [duty(0, person=BO)])
    assert (plan.new, plan.moved, sorted(plan.gone)) == ([duty(0, person=BO)], [], [1, 2])


def test_what_lies_far_away_is_another_shift() -> None:
    assert matched([Known(1, duty(0))], [duty(9)]) == Plan([duty(9)], [], [1])


def test_five_thousand_shifts_that_move_are_matched_at_once() -> None:
    hours = [Known(n, Duty(7, ANA, NOW + n * HOUR, NOW + (n + 1) * HOUR)) for n in range(5_000)]
    half = timedelta(minutes=30)
    plan = matched(hours, [Duty(7, ANA, d.start + half, d.end + half) for _key, d in hours])
    assert (len(plan.moved), plan.new, plan.gone) == (5_000, [], [])
    assert [each.key for each in plan.moved] == list(range(5_000))
