"""Who can be reached, how, and why not."""

from datetime import timedelta

import pytest

from oncall.logic.reach import Miss, Reachability, Route, Why, in_words, obstacle, usable


def route(rule: int = 1, *, verified: bool = True, delay: int = 0) -> Route:
    return Route(rule, rule, "mail", "email", "ana@example.org", verified, timedelta(minutes=delay))


REACHABLE = Reachability(active=True, on_leave=False, routes=(route(),))


def test_person_with_a_rule_for_a_verified_address_is_reachable() -> None:
    assert obstacle(REACHABLE, on_duty=False) is None


@pytest.mark.parametrize(
    ("person", "why"),
    [
        (Reachability(active=False, on_leave=True, routes=(route(),)), Why.INACTIVE),
        (Reachability(active=True, on_leave=True, routes=(route(),)), Why.ON_LEAVE),
        (Reachability(active=True, on_leave=False, routes=()), Why.NO_RULE),
        (Reachability(active=True, on_leave=False, routes=(route(verified=False),)), Why.UNVERIFIED),
    ],
)
def test_each_obstacle_has_its_word(person: Reachability, why: Why) -> None:
    assert obstacle(person, on_duty=False) is why


def test_somebody_put_on_duty_by_an_override_is_paged_during_leave() -> None:
    assert obstacle(Reachability(active=True, on_leave=True, routes=(route(),)), on_duty=True) is None


def test_one_verified_address_is_enough() -> None:
    person = Reachability(active=True, on_leave=False, routes=(route(1, verified=False), route(2, delay=5)))
    assert obstacle(person, on_duty=False) is None
    assert usable(person.routes) == (route(2, delay=5),)


def test_routes_come_soonest_first() -> None:
    assert [r.rule for r in usable([route(1, delay=5), route(3), route(2)])] == [2, 3, 1]


def test_misses_are_kept_in_words() -> None:
    assert in_words([Miss("Platform · primary", "Cy", Why.ON_LEAVE)]) == [
        {"target": "Platform · primary", "person": "Cy", "why": "on leave"}
    ]
