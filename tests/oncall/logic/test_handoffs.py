"""Where duty passes on, and which notice is due."""

from datetime import timedelta

import pytest

from oncall.logic.handoffs import LONGEST_SHIFT, Boundary, Duty, boundaries, next_due, stage
from tests.cast import NOW

HOUR = timedelta(hours=1)
ANA, BO, CY = 1, 2, 3
NOTICES = [1440, 60, 0]


def duty(person: int, start: float, end: float, layer: int = 7) -> Duty:
    return Duty(layer, person, NOW + start * HOUR, NOW + end * HOUR)


def found(*duties: Duty, since: float = 0, until: float = 100) -> list[tuple[float, set[int], set[int]]]:
    passed = boundaries(duties, NOW + since * HOUR, NOW + until * HOUR)
    return [((b.at - NOW) / HOUR, set(b.outgoing), set(b.incoming)) for b in passed]


def test_one_hands_over_to_the_next() -> None:
    assert found(duty(ANA, -24, 24), duty(BO, 24, 48)) == [(24, {ANA}, {BO}), (48, {BO}, set())]


def test_two_turns_of_one_person_are_no_handoff() -> None:
    assert found(duty(ANA, -24, 24), duty(ANA, 24, 48), until=47) == []


def test_who_stays_is_on_neither_side() -> None:
    both = [duty(ANA, -24, 24), duty(BO, -24, 24), duty(BO, 24, 48), duty(CY, 24, 48)]
    assert found(*both, until=47) == [(24, {ANA}, {CY})]


def test_a_hole_has_one_side_at_each_end_and_began_where_it_began() -> None:
    passed = boundaries([duty(ANA, -24, 10), duty(BO, 20, 30)], NOW, NOW + 25 * HOUR)
    assert passed == [
        Boundary(7, NOW + 10 * HOUR, NOW - 24 * HOUR, frozenset({ANA}), frozenset()),
        Boundary(7, NOW + 20 * HOUR, NOW + 10 * HOUR, frozenset(), frozenset({BO})),
    ]


def test_an_override_within_a_turn_is_two_handoffs() -> None:
    cut = [duty(ANA, -24, 5), duty(BO, 5, 8), duty(ANA, 8, 24)]
    assert found(*cut, until=23) == [(5, {ANA}, {BO}), (8, {BO}, {ANA})]


def test_somebody_beside_only_comes_and_goes() -> None:
    assert found(duty(ANA, -24, 48), duty(BO, 5, 8), until=47) == [(5, set(), {BO}), (8, {BO}, set())]


def test_layers_hand_over_by_themselves_and_the_span_is_open_below_and_closed_above() -> None:
    duties = [duty(ANA, -24, 0), duty(BO, 0, 24), duty(BO, -24, 0, layer=8), duty(ANA, 0, 24, layer=8)]
    assert found(*duties, since=0, until=24) == [(24, {BO}, set()), (24, {ANA}, set())]
    assert len(found(*duties, since=-1, until=23)) == 2


def test_the_past_shift_is_a_month_at_most() -> None:
    (passed,) = boundaries([duty(ANA, -24 * 90, 24), duty(BO, 24, 48)], NOW, NOW + 25 * HOUR)
    assert passed.began_at == passed.at - LONGEST_SHIFT


@pytest.mark.parametrize(
    ("hours_before", "told", "due"),
    [(25, None, None), (24, None, 1440), (23, 1440, None), (1, 1440, 60), (0, 60, 0), (0, 0, None), (-5, 1440, 0)],
)
def test_the_latest_notice_whose_time_has_come_is_due(hours_before: float, told: int | None, due: int | None) -> None:
    assert stage(NOTICES, told, NOW, NOW - hours_before * HOUR) == due


def test_after_an_outage_one_notice_goes_out_and_not_three() -> None:
    late = NOW + HOUR
    assert stage(NOTICES, None, NOW, late) == 0
    assert next_due(NOTICES, 0, NOW) is None


def test_the_next_notice_is_the_longest_that_is_left() -> None:
    assert next_due(NOTICES, None, NOW) == NOW - 24 * HOUR
    assert next_due(NOTICES, 1440, NOW) == NOW - HOUR
    assert next_due([], None, NOW) is None
