"""Durations by name, and the stated one beside them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from postmortems.logic.document import Document, Instants
from postmortems.logic.durations import SPANS, compare, derived

START = datetime(2026, 3, 25, 13, tzinfo=UTC)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


ALL = Instants(
    changed_at=at(0),
    impact_started_at=at(5),
    alerted_at=at(8),
    acknowledged_at=at(10),
    cause_found_at=at(20),
    rolled_back_at=at(30),
    recovered_at=at(47),
)


def stated(minutes: int, instants: Instants = ALL) -> Document:
    return Document(stated_duration=timedelta(minutes=minutes), instants=instants)


def test_each_duration_has_a_name() -> None:
    assert {name: span // timedelta(minutes=1) for name, span in derived(ALL).items()} == {
        "change_to_alert": 8,
        "impact_to_alert": 3,
        "alert_to_acknowledged": 2,
        "alert_to_cause": 12,
        "alert_to_rolled_back": 22,
        "alert_to_recovered": 39,
        "impact_to_recovered": 42,
        "change_to_recovered": 47,
    }


def test_what_has_no_two_instants_has_no_duration() -> None:
    assert derived(Instants(alerted_at=at(0))) == {}
    assert list(derived(Instants(alerted_at=at(0), recovered_at=at(9)))) == ["alert_to_recovered"]


@pytest.mark.parametrize("name", [name for name in SPANS if name.endswith("to_recovered")])
def test_a_stated_duration_that_ends_with_the_recovery_agrees(name: str) -> None:
    compared = compare(stated(derived(ALL)[name] // timedelta(minutes=1)))
    assert compared is not None
    assert (compared.equals, compared.differs, compared.difference) == ((name,), False, None)


def test_one_that_ends_before_is_flagged_and_compared_from_the_same_beginning() -> None:
    compared = compare(stated(22))
    assert compared is not None
    assert compared.equals == ("alert_to_rolled_back",)
    assert (compared.differs, compared.compared_with) == (True, "alert_to_recovered")
    assert compared.difference == timedelta(minutes=17)


def test_one_that_is_none_of_them_is_compared_with_how_long_it_hurt() -> None:
    compared = compare(stated(60))
    assert compared is not None
    assert (compared.equals, compared.compared_with) == ((), "impact_to_recovered")
    assert compared.difference == timedelta(minutes=-18)
    later = compare(stated(60, replace(ALL, impact_started_at=None)))
    assert later is not None
    assert later.compared_with == "alert_to_recovered"


def test_without_a_recovery_or_a_statement_nothing_is_flagged() -> None:
    compared = compare(stated(60, replace(ALL, recovered_at=None)))
    assert compared is not None
    assert not compared.differs
    assert compare(replace(stated(1), stated_duration=None)) is None
    assert compare(stated(60, Instants())) is None
