"""Who can be reached, how, and why not."""

import pytest

from oncall.logic.reach import Miss, Reachability, Why, in_words, obstacle


def person(*, active: bool = True, on_leave: bool = False, rules: int = 2, verified: int = 1) -> Reachability:
    return Reachability(active, on_leave, rules, verified)


def test_one_rule_for_a_verified_address_is_enough() -> None:
    assert obstacle(person(), on_duty=False) is None


@pytest.mark.parametrize(
    ("person", "why"),
    [
        (person(active=False, on_leave=True), Why.INACTIVE),
        (person(on_leave=True), Why.ON_LEAVE),
        (person(rules=0, verified=0), Why.NO_RULE),
        (person(verified=0), Why.UNVERIFIED),
    ],
)
def test_each_obstacle_has_its_word(person: Reachability, why: Why) -> None:
    assert obstacle(person, on_duty=False) is why


def test_somebody_put_on_duty_by_an_override_is_paged_during_leave() -> None:
    assert obstacle(person(on_leave=True), on_duty=True) is None


def test_misses_are_kept_in_words() -> None:
    assert in_words([Miss("Platform · primary", "Cy", Why.ON_LEAVE)]) == [
        {"target": "Platform · primary", "person": "Cy", "why": "on leave"}
    ]
