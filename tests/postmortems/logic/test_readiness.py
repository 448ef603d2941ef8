"""What is missing to publish: nothing in a complete postmortem, and exactly what is taken away from it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from postmortems.logic.document import (
    ROOT_CAUSE,
    Action,
    Document,
    FiveWhys,
    Impact,
    Instants,
    Person,
    Review,
    RootCause,
    Waiver,
)
from postmortems.logic.readiness import SECTIONS, findings, missing_sections
from tests.postmortems.documents import COMPLETE

Found = tuple[str, str, str]

EMPTY = {
    "summary": {"summary": ""},
    "authors": {"authors": ()},
    "severity": {"severity": ""},
    "impact": {"impact": Impact()},
    "timeline": {"timeline": ()},
    "root_cause": {"root_cause": RootCause()},
    "five_whys": {"five_whys": FiveWhys()},
    "factors": {"factors": ()},
    "actions": {"actions": ()},
    "went_well": {"went_well": ""},
    "went_poorly": {"went_poorly": ""},
    "lessons": {"lessons": ""},
}
PLACES = {"factors": "contributing_factors", "actions": "action_items"}
OF_AN_ACTION = {"owner": ("owner", None), "priority": ("priority", ""), "due": ("due_on", None)}


def without_sections() -> Iterator[tuple[Document, Found]]:
    for name, emptied in EMPTY.items():
        yield replace(COMPLETE, **emptied), (f"section.{name}", "document", PLACES.get(name, name))


def with_action(index: int, action: Action) -> Document:
    return replace(COMPLETE, actions=(*COMPLETE.actions[:index], action, *COMPLETE.actions[index + 1 :]))


def without_parts_of_actions() -> Iterator[tuple[Document, Found]]:
    for index, action in enumerate(COMPLETE.actions):
        for rule, (field, nothing) in OF_AN_ACTION.items():
            made = with_action(index, replace(action, **{field: nothing}))
            yield made, (f"action.{rule}", "document", f"action_items[{index}].{field}")
        text = with_action(index, replace(action, owner=Person("somebody")))
        yield text, ("action.account", "review", f"action_items[{index}].owner")


def without_answers_to_causes() -> Iterator[tuple[Document, Found]]:
    for index, action in enumerate(COMPLETE.actions):
        for key in action.addresses:
            others = tuple(each for each in action.addresses if each != key)
            places = {factor.key: f"contributing_factors[{n}]" for n, factor in enumerate(COMPLETE.factors)}
            found = ("root_cause.action", "review", "root_cause")
            if key != ROOT_CAUSE:
                found = ("factor.action", "review", places[key])
            yield with_action(index, replace(action, addresses=others)), found
    for index, factor in enumerate(COMPLETE.factors):
        waiver = factor.waiver
        for less in (None, replace(waiver, reason=""), replace(waiver, signer=None)) if waiver else ():
            factors = (*COMPLETE.factors[:index], replace(factor, waiver=less), *COMPLETE.factors[index + 1 :])
            yield replace(COMPLETE, factors=factors), ("factor.action", "review", f"contributing_factors[{index}]")


def without_parts_of_the_review() -> Iterator[tuple[Document, Found]]:
    yield replace(COMPLETE, review=replace(COMPLETE.review, held_at=None)), ("review.held", "review", "review.held_at")
    yield replace(COMPLETE, attendees=()), ("review.attendees", "review", "attendees")
    for index, attendee in enumerate(COMPLETE.attendees):
        others = (*COMPLETE.attendees[:index], replace(attendee, attended=None), *COMPLETE.attendees[index + 1 :])
        yield replace(COMPLETE, attendees=others), ("review.attendees", "review", f"attendees[{index}].attended")


LACKING = [
    *without_sections(),
    *without_parts_of_actions(),
    *without_answers_to_causes(),
    *without_parts_of_the_review(),
]


def rules(document: Document) -> list[Found]:
    return [(found.rule, found.group, found.where) for found in findings(document)]


def test_a_complete_postmortem_lacks_nothing() -> None:
    assert findings(COMPLETE) == []


@pytest.mark.parametrize(("document", "found"), LACKING, ids=[f"{rule} {where}" for _, (rule, _, where) in LACKING])
def test_what_is_taken_away_is_exactly_what_is_missing(document: Document, found: Found) -> None:
    assert rules(document) == [found]


def test_every_required_section_was_taken_away() -> None:
    assert list(EMPTY) == list(SECTIONS)
    assert len(LACKING) > 30


def test_an_empty_postmortem_lacks_every_section_and_the_review() -> None:
    assert missing_sections(Document()) == list(SECTIONS)
    assert [rule for rule, *_ in rules(Document())] == [
        *(f"section.{name}" for name in SECTIONS),
        "review.held",
        "review.attendees",
    ]


def test_any_one_amount_says_what_the_impact_was() -> None:
    for impact in (Impact(users_affected=0), Impact(failed_requests=1), Impact(support_tickets=1), Impact(text="x")):
        assert findings(replace(COMPLETE, impact=impact)) == []


def test_what_is_not_required_may_be_left_out() -> None:
    bare = replace(
        COMPLETE, assessed="", stated_duration=None, happened_on=None, detection="", got_lucky="", gaps=(), tags=(),
        services=(), instants=Instants(), review=Review(held_at=datetime(2026, 3, 27, tzinfo=UTC)),
    )  # fmt: skip
    assert findings(bare) == []


def test_a_waived_root_cause_needs_no_action() -> None:
    waived = RootCause("A flood", Waiver("We cannot move the river", Person("Zoe", "zoe")))
    actions = (replace(COMPLETE.actions[0], addresses=("F1",)), *COMPLETE.actions[1:])
    assert findings(replace(COMPLETE, root_cause=waived, actions=actions)) == []


def test_a_level_in_the_title_is_named_and_not_taken() -> None:
    (found,) = findings(replace(COMPLETE, severity="", title="[SEV-2] Checkout outage"))
    assert str(found.message) == "Say which severity was declared; the title says SEV-2."


def test_messages_name_the_thing_even_with_percent_signs_in_it() -> None:
    (found,) = findings(with_action(0, replace(COMPLETE.actions[0], description="Halve 5 % (s) %s", priority="")))
    assert str(found.message) == "“Halve 5 % (s) %s” has no priority."
