"""Each required element taken away is exactly one finding: in the rows, in the console, over the API, from any file."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape
from time_machine import travel

from oncall.models import User
from postmortems import exchange, publishing
from postmortems.logic import writing_json, writing_markdown
from postmortems.logic.document import Document
from postmortems.models import Postmortem
from tests import calling, cast
from tests.cast import NOW
from tests.postmortems.admin.pages import address
from tests.postmortems.documents import COMPLETE
from tests.postmortems.importing import SAMPLES
from tests.postmortems.logic.test_readiness import LACKING, Found
from tests.postmortems.writing import LATER

AFTER = NOW.replace(year=2027)  # what the samples tell of is past then
RULES = [f"{rule} {where}" for _document, (rule, _group, where) in LACKING]


@pytest.fixture(autouse=True)
def clock(settings: Any) -> Any:
    settings.CONSOLE_TRANSPORT = True
    with travel(LATER, tick=False):
        yield


def understood(name: str, text: str) -> exchange.Understood:
    (found,) = exchange.understand(name, text, None, AFTER)
    return found


def taken(name: str, text: str) -> Postmortem:
    return exchange.take(understood(name, text), name, None, AFTER)


def of_rows(row: Postmortem) -> list[Found]:
    return [(each.rule, each.group, each.where) for each in publishing.missing(row)]


def of_the_api(row: Postmortem, user: User) -> list[Found]:
    answer = calling.caller(User.objects.get(pk=user.pk)).get(f"/api/v1/postmortems/{row.number}/readiness/")
    return [(each["rule"], each["group"], each["where"]) for each in answer.json()["findings"]]


def on_the_page(row: Postmortem, user: User) -> list[str]:
    """The rules that the page names, each with words that stand on it."""
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    page = client.get(address(row))
    found = page.context["missing"]
    assert all(escape(each.words) in page.content.decode() for each in found)
    return [each.rule for each in found]


def test_a_whole_one_lacks_nothing_anywhere(company: cast.Platform) -> None:
    from_json = taken("whole.json", writing_json.write(COMPLETE))
    assert of_rows(from_json) == of_the_api(from_json, company.bo) == []
    assert on_the_page(from_json, company.bo) == []
    assert understood("whole.md", writing_markdown.write(COMPLETE)).findings == []


@pytest.mark.parametrize(("document", "found"), LACKING, ids=RULES)
def test_what_is_taken_away_is_the_one_finding_of_rows_api_console_and_files(
    company: cast.Platform, document: Document, found: Found
) -> None:
    row = taken("less.json", writing_json.write(document))
    assert of_rows(row) == [found]
    assert of_the_api(row, company.bo) == [found]
    assert on_the_page(row, company.bo) == [found[0]]
    told = understood("less.md", writing_markdown.write(document)).findings
    assert [(each.rule, each.group, each.where) for each in told] == [found]


def key(name: str) -> str:
    """A field of the YAML sample, with what stands indented below it."""
    return rf"(?m)^  {name}:.*\n(?:    .*\n)*"


def field(name: str) -> str:
    return rf"(?m)^\*\*{name}:\*\*.*\n"


def section(name: str) -> str:
    return rf"### {name}\n\n(?:(?!#).*\n)+"


FROM_SAMPLES = [
    ("payment.yaml", key("authors"), "", "section.authors"),
    ("payment.yaml", key("summary"), "", "section.summary"),
    ("payment.yaml", key("impact"), "", "section.impact"),
    ("payment.yaml", key("timeline"), "", "section.timeline"),
    ("payment.yaml", key("contributing_factors"), "", "section.factors"),
    ("payment.yaml", key("action_items"), "", "section.actions"),
    ("payment.yaml", ", owner: engineer-c", "", "action.owner"),
    ("payment.yaml", ", priority: P2", "", "action.priority"),
    ("payment.yaml", ", due_date: 2026-02-22", "", "action.due"),
    ("checkout.md", field("Severity"), "", "section.severity"),
    ("checkout.md", field("Impact"), "", "section.impact"),
    ("checkout.md", section(r"Timeline \(UTC\)"), "", "section.timeline"),
    ("checkout.md", section("Root Cause"), "", "section.root_cause"),
    ("checkout.md", section("Contributing Factors"), "", "section.factors"),
    ("checkout.md", section("Action Items"), "", "section.actions"),
    ("checkout.md", section("What Went Well"), "", "section.went_well"),
    ("checkout.md", r"\| sarah \|", "| |", "action.owner"),
    ("checkout.md", r"\| 2026-04-05 \|", "| |", "action.due"),
]


@pytest.mark.parametrize(("name", "pattern", "instead", "rule"), FROM_SAMPLES)
def test_what_is_taken_from_a_sample_is_the_one_thing_that_it_lacks_besides(
    company: cast.Platform, name: str, pattern: str, instead: str, rule: str
) -> None:
    text = (SAMPLES / name).read_text()
    less, times = re.subn(pattern, instead, text)
    assert times == 1
    before = [found for found in of_rows(taken(name, text)) if found[1] == "document"]
    row = taken(name, less)
    after = [found for found in of_rows(row) if found[1] == "document"]
    assert [found[0] for found in after if found not in before] == [rule]
    gone = {found[0] for found in before if found not in after}
    assert gone <= ({"action.priority"} if rule == "section.actions" else set())
    assert [found for found in of_the_api(row, company.bo) if found[1] == "document"] == after
    assert set(on_the_page(row, company.bo)) >= {rule}
