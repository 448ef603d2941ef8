"""What a file may not do: be larger, deeper or stranger than a postmortem; what is cut is listed."""

import json
from datetime import timedelta
from typing import Any

import pytest

from postmortems import exchange
from postmortems.exchange import Understood, Unreadable
from postmortems.logic import writing_json
from postmortems.logic.document import Attendee, Document, Person
from postmortems.logic.fitting import Known, fitted
from postmortems.models import Postmortem
from postmortems.values import document_of
from tests import cast
from tests.cast import NOW

LATE = NOW + timedelta(days=400)


def taken(name: str, text: str) -> tuple[Understood, Postmortem]:
    (found,) = exchange.understand(name, text, None, LATE)
    return found, Postmortem.objects.get(pk=exchange.take(found, name, None, LATE).pk)


BAD = {
    "title": "t" * 2_000,
    "severity": "SEV-9",
    "assessed": "worst",
    "happened_on": "0001-01-01",
    "stated_duration": "P9999999D",
    "services": ["Checkout", "checkout", "Nowhere"],
    "tags": ["b", "a", "b", "x" * 60],
    "impact": {"users_affected": -1, "revenue_amount": "1e30", "support_tickets": 2**40, "error_budget_percent": "1e9"},
    "timeline": [
        {"at": "2026-01-01T00:00:00+14:00", "text": "b\x00", "entry": 5},
        {"at": "0002-01-01T00:00:00Z", "text": ""},
    ],
    "root_cause": {"text": "x" * 100_001, "waiver": {"reason": "", "signer": {"name": "ana"}}},
    "factors": [{"key": "K", "text": "one"}],
    "actions": [
        {"description": "a", "addresses": ["K", "L", "root-cause"], "link": "javascript:x()", "priority": "urgent"},
        {"description": "b", "due_on": "9999-01-01", "owner": {"name": "o" * 200}, "reason": "r" * 600},
    ],
    "attendees": [{"person": {"name": "ana"}}, {"person": {"name": "A", "username": "ana"}}, {"person": {"name": ""}}],
    "review": {"held_at": "2090-01-01T00:00:00Z"},
}  # fmt: skip


def test_what_the_tables_cannot_hold_is_cut_and_listed_each(company: cast.Platform) -> None:
    text = json.dumps({"format": writing_json.FORMAT, "postmortem": BAD})
    found, made = taken("bad.json", text)
    assert {each.where for each in found.unplaced} == {
        *("title", "severity", "assessed", "happened_on", "stated_duration", "services[2]", "tags[3]"),
        *("impact.users_affected", "impact.revenue", "impact.support_tickets", "impact.error_budget_percent"),
        *("timeline", "timeline[1]", "root_cause", "root_cause.waiver.signer"),
        *("action_items[0].addresses", "action_items[0].link", "action_items[0].priority"),
        *("action_items[1].due_on", "action_items[1].owner", "action_items[1].reason"),
        *("attendees[1]", "attendees[2]", "review.held_at"),
    }
    assert document_of(made) == found.document
    assert made.service == company.service
    assert [item.text for item in made.timeline.all()] == ["b"]
    assert made.actions.get(description="a").factors.get().text == "one"


def test_lists_are_bounded_and_what_is_beyond_is_named(company: cast.Platform) -> None:
    lines = "\n".join(f"- factor {n}" for n in range(600))
    found, made = taken("a.md", f"# x\n\n## Contributing factors\n\n{lines}\n")
    assert made.factors.count() == 500
    assert [each.text for each in found.unplaced] == [f"factor {n}" for n in range(500, 600)]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.yaml", "", "empty"),
        ("a.yaml", "postmortem: [", "a.yaml:1"),
        ("a.yaml", "postmortem: {a: &a [1], b: *a}", "a.yaml:1"),
        ("a.yaml", "incident: {}", "postmortem:"),
        ("a.md", "only words", "heading"),
        ("a.json", '{"format": "other/1"}', "format"),
        ("a.md", "x" * 300_001, "too large"),
        ("a.yaml", "---\npostmortem: {title: x}\n" * 21, "postmortems"),
        ("a.yaml", "postmortem: " + "[" * 200 + "]" * 200, "a.yaml:1"),
        ("a.yaml", "!!python/object/apply:os.system [ls]", "a.yaml:1"),
    ],
)
def test_what_is_no_postmortem_is_refused_with_the_place(
    company: cast.Platform, name: str, text: str, words: str
) -> None:
    with pytest.raises(Unreadable, match=words):
        exchange.understand(name, text, None, LATE)


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"x" * 300_001])
def test_bytes_that_are_no_text_are_refused(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        exchange.decoded(raw)


def test_a_file_with_several_documents_is_several_postmortems(company: cast.Platform) -> None:
    text = "postmortem: {title: a}\n---\npostmortem: {title: b}\n"
    assert [each.document.title for each in exchange.understand("a.yaml", text, None, LATE)] == ["a", "b"]


def test_nothing_invisible_of_a_file_reaches_the_rows(company: cast.Platform) -> None:
    text = 'postmortem: {title: "a\\u202eb\\0c\\ud800d", summary: "x\\u0007y"}'
    for each in (text, json.dumps({"postmortem": {"title": "a\u202eb", "summary": "\ud800x"}})):
        found: Any = exchange.understand("a.yaml", each, None, LATE)[0]
        assert found.document.title.isprintable()
        exchange.take(found, "a.yaml", None, LATE)


def test_the_title_alone_decides_nothing_about_seats(company: cast.Platform) -> None:
    twice = Document(attendees=(Attendee(Person("a", "ana")), Attendee(Person("b", "ana"))))
    made, left = fitted(twice, Known(people={"ana": "Ana"}), NOW)
    assert (len(made.attendees), len(left)) == (1, 1)
