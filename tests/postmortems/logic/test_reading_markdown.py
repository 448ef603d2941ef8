"""The Markdown shape: the checkout sample exactly, and nothing that a file says is dropped silently."""

from datetime import date, timedelta
from decimal import Decimal
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems.logic.document import Action, Attendee, Document, Factor, Impact, Instants, Person, TimelineItem, Why
from postmortems.logic.durations import (
    alert_to_recovered,
    alert_to_rolled_back,
    compare,
    impact_to_alert,
    impact_to_recovered,
)
from postmortems.logic.reading import NotAPostmortem
from postmortems.logic.reading_markdown import read
from tests.postmortems.importing import check_exports, minutes, missing, on, sample

DAY = "2026-03-25"


@pytest.fixture(scope="module")
def document() -> Document:
    return sample("checkout.md").document


def test_the_checkout_samples_fields(document: Document) -> None:
    assert (document.title, document.severity) == ("Checkout outage", "SEV-1")
    assert document.happened_on == date(2026, 3, 25)
    assert document.stated_duration == timedelta(minutes=47)
    assert document.impact == Impact(failed_requests=1_247, text="1,247 failed checkouts")
    assert "query without an index" in document.root_cause.text
    assert [factor.text for factor in document.factors] == [
        "Query plans are not reviewed",
        "The load test did not include the new query",
        "The connection pool is not monitored",
    ]
    assert document.actions == (
        Action("Review query plans before merging", owner=Person("sarah"), due_on=date(2026, 4, 1)),
        Action("Monitor the connection pool", owner=Person("james"), due_on=date(2026, 4, 5)),
        Action("Add the order query to the load test", owner=Person("ops"), due_on=date(2026, 4, 10)),
    )
    assert document.went_well.count("\n- ") == 2


def test_the_checkout_samples_instants_and_durations(document: Document) -> None:
    assert document.instants == Instants(
        changed_at=on(DAY, "13:15"),
        impact_started_at=on(DAY, "13:44"),
        alerted_at=on(DAY, "13:47"),
        acknowledged_at=on(DAY, "13:48"),
        gathered_at=on(DAY, "13:52"),
        issue_found_at=on(DAY, "14:01"),
        cause_found_at=on(DAY, "14:08"),
        mitigation_started_at=on(DAY, "14:15"),
        rolled_back_at=on(DAY, "14:34"),
        recovered_at=on(DAY, "14:47"),
    )
    assert len(document.timeline) == 9
    assert alert_to_rolled_back(document.instants) == timedelta(minutes=47)
    assert alert_to_recovered(document.instants) == timedelta(minutes=60)
    assert impact_to_alert(document.instants) == timedelta(minutes=3)
    assert impact_to_recovered(document.instants) == timedelta(minutes=63)
    assert minutes(document)["alert_to_acknowledged"] == 1
    assert minutes(document)["change_to_alert"] == 32


def test_the_checkout_samples_stated_duration_ends_before_the_recovery_and_is_flagged(document: Document) -> None:
    compared = compare(document)
    assert compared is not None
    assert (compared.stated, compared.equals) == (timedelta(minutes=47), ("alert_to_rolled_back",))
    assert compared.differs
    assert (compared.compared_with, compared.difference) == ("alert_to_recovered", timedelta(minutes=13))


def test_what_the_checkout_sample_lacks(document: Document) -> None:
    assert sorted(missing(document)) == sorted(
        [(f"section.{name}", name) for name in ("summary", "authors", "five_whys", "went_poorly", "lessons")]
        + [("action.priority", f"action_items[{index}].priority") for index in range(3)]
    )


def test_everything_of_the_checkout_sample_has_its_place() -> None:
    assert sample("checkout.md").unplaced == ()


def test_the_export_of_the_checkout_sample_is_the_import() -> None:
    check_exports("checkout", sample("checkout.md"))


ODD = """\
# Odd one

Written in a hurry.

**Date:** 2026-12-31 **Duration:** 1 h 5 min | **Severity**: high
**Impact:** about 2,300 users could not log in, $1.2k lost
**Weather:** rain

## Timeline

* 23:50 - Alert: logins fail
* **00:10 UTC** — Rolled back the release
  and waited
* 00:20: Service recovered
* some time later
Not an item

## Action Items

- [ ] Write a test
| Item | Owner | Due | Priority | Effort |
|---|---|---|---|---|
| Alert on logins | Ana | 01-15 | high | 3 days |
| Document it |

## Contributing Factors

1. No test
   of logins
2. No alert

## 5 Whys

1. Logins failed
2. The token expired
3. Nobody knew of it

## Weather

Rain.

```
# no heading
```

### What went wrong?
- slow page
#### In detail
- very slow
"""


def test_what_has_no_place_is_listed_with_its_line_and_nothing_else_is() -> None:
    reading = read(ODD)
    assert [(each.line, each.text) for each in reading.unplaced] == [
        (3, "Written in a hurry."),
        (5, "Severity: high"),
        (7, "Weather: rain"),
        (15, "some time later\nNot an item"),
        (23, "effort: 3 days"),
        (23, "priority: high"),
        (38, "## Weather"),
        (40, "Rain."),
        (42, "```"),
        (43, "# no heading"),
        (44, "```"),
    ]


def test_what_has_a_place_is_there() -> None:
    reading = read(ODD)
    document = reading.document
    assert document.stated_duration == timedelta(minutes=65)
    assert document.impact == Impact(
        2_300, Decimal(1_200), "USD", text="about 2,300 users could not log in, $1.2k lost"
    )
    assert document.timeline == (
        TimelineItem(on("2026-12-31", "23:50"), "Alert: logins fail"),
        TimelineItem(on("2027-01-01", "00:10"), "Rolled back the release\nand waited"),
        TimelineItem(on("2027-01-01", "00:20"), "Service recovered"),
    )
    assert document.factors == (Factor("F1", "No test\nof logins"), Factor("F2", "No alert"))
    assert document.actions == (
        Action("Alert on logins", owner=Person("Ana"), due_on=date(2027, 1, 15)),
        Action("Document it"),
        Action("Write a test"),
    )
    chain = (
        Why("Logins failed", deeper=(Why("The token expired", deeper=(Why("Nobody knew of it", is_cause=True),)),)),
    )
    assert document.five_whys.whys == chain
    assert document.went_poorly == "- slow page\n#### In detail\n- very slow"
    told = " ".join(str(note.message) for note in reading.notes)
    assert "without a zone were read as UTC" in told
    assert "without a year" in told


def test_a_timeline_of_another_zone_is_listed_and_not_taken_for_utc() -> None:
    reading = read("**Date:** 2026-03-25\n### Timeline (PST)\n- 13:47 - Alert\n")
    assert reading.document.timeline == ()
    assert [(each.text, "UTC" in str(each.reason)) for each in reading.unplaced] == [("13:47 - Alert", True)]


def test_an_offset_is_taken_into_account() -> None:
    reading = read("**Date:** 2026-03-25\n### Timeline\n- 13:47 +02:00 - Alert\n")
    assert reading.document.timeline == (TimelineItem(on(DAY, "11:47"), "Alert"),)


def test_attendees_may_be_a_list() -> None:
    assert read("## Attendees\n- Ana\n- Bo (@bo)\n").document.attendees == (
        Attendee(Person("Ana")),
        Attendee(Person("Bo", "bo")),
    )


@pytest.mark.parametrize("text", ["", "Just a text.", "# Only a title\n\nand words", "## Recipe\n- salt"])
def test_what_is_no_postmortem_is_refused(text: str) -> None:
    with pytest.raises(NotAPostmortem):
        read(text)


@given(st.text("#*-|:`[]() 0123456789:\nTimelineRootCausepUC\\\u2028é", max_size=400))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read(f"## Timeline\n{text}")
    except NotAPostmortem as error:
        pytest.fail(str(error))


@pytest.mark.parametrize(
    "part", ["- a\n", "| a |", "```\n", "**Date:** ", "# x\n", "  - b\n", "\\", "1. x\n  ", "- 13:47 "]
)
def test_a_long_hostile_file_costs_little(part: str) -> None:
    text = "## Timeline\n" + part * (60_000 // len(part)) + "\n## Five whys\n" + part * (40_000 // len(part))
    started = process_time()
    read(text)
    assert process_time() - started < 3
