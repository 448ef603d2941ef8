"""The YAML shape: the payment sample exactly, and nothing that a file says is dropped silently."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from postmortems.logic import reading_yaml
from postmortems.logic.document import Action, Document, Impact, Instants, Person, TimelineItem, Why
from postmortems.logic.durations import (
    alert_to_acknowledged,
    alert_to_recovered,
    change_to_alert,
    change_to_recovered,
    compare,
)
from postmortems.logic.reading import NotAPostmortem
from tests.postmortems.importing import check_exports, missing, on, sample, yaml

DAY = "2026-02-15"


@pytest.fixture(scope="module")
def document() -> Document:
    return sample("payment.yaml").document


def test_the_payment_samples_fields(document: Document) -> None:
    assert document.title == "[SEV-1] Payment service outage - 2026-02-15"
    assert document.happened_on == date(2026, 2, 15)
    assert document.stated_duration == timedelta(minutes=47)
    assert document.authors == (Person("engineer-a"), Person("engineer-b"))
    assert document.impact == Impact(12_500, Decimal(45_000), "USD", Decimal(35))
    assert document.summary.startswith("A deploy of the payment service leaked")
    assert len(document.factors) == 3
    assert [(each.owner, each.priority, each.due_on) for each in document.actions] == [
        (Person("engineer-c"), "P1", date(2026, 3, 1)),
        (Person("engineer-a"), "P1", date(2026, 2, 22)),
        (Person("team-lead"), "P2", date(2026, 3, 15)),
    ]


def test_the_payment_samples_instants_and_durations(document: Document) -> None:
    instants = document.instants
    assert instants == Instants(
        changed_at=on(DAY, "14:02"),
        alerted_at=on(DAY, "14:15"),
        acknowledged_at=on(DAY, "14:18"),
        cause_found_at=on(DAY, "14:25"),
        mitigation_started_at=on(DAY, "14:32"),
        recovered_at=on(DAY, "14:49"),
    )
    assert [item.at for item in document.timeline] == [
        on(DAY, clock) for clock in ("14:02", "14:15", "14:18", "14:25", "14:32", "14:49")
    ]
    assert change_to_recovered(instants) == timedelta(minutes=47)
    assert change_to_alert(instants) == timedelta(minutes=13)
    assert alert_to_acknowledged(instants) == timedelta(minutes=3)
    assert alert_to_recovered(instants) == timedelta(minutes=34)


def test_the_payment_samples_stated_duration_is_that_from_deploy_to_recovery(document: Document) -> None:
    compared = compare(document)
    assert compared is not None
    assert (compared.equals, compared.differs) == (("change_to_recovered",), False)


def test_what_the_payment_sample_lacks(document: Document) -> None:
    assert missing(document) == [
        (f"section.{name}", name)
        for name in ("severity", "root_cause", "five_whys", "went_well", "went_poorly", "lessons")
    ]
    assert {rule for rule, _where in missing(document, "review")} == {
        *("action.account", "factor.action", "review.held", "review.attendees")
    }


def test_everything_of_the_payment_sample_has_its_place_and_the_titles_level_is_named() -> None:
    reading = sample("payment.yaml")
    assert reading.unplaced == ()
    assert "The title says SEV-1" in " ".join(str(note.message) for note in reading.notes)


def test_the_export_of_the_payment_sample_is_the_import() -> None:
    check_exports("payment", sample("payment.yaml"))


ODD = """
postmortem:
  title: Odd
  date: 2026-12-31
  mood: fine
  duration: a while
  severity: SEV2
  authors: [ana, {name: bo}]
  impact: {users_affected: about half, revenue_impact: "12,000", failed_requests: 3, weather: rain}
  timeline:
    - {time: "23:50 UTC", event: "Alert"}
    - {time: "00:10 UTC", event: "Service recovered", who: ana}
    - {time: "00:20 PST", event: "Zone"}
    - {time: later, event: "No time"}
    - {time: "00:30"}
    - just words
  contributing_factors: [one, [two]]
  action_items:
    - {description: a, owner: ana, priority: urgent, due_date: soon, effort: 3}
    - only words
    - 17
  five_whys: [pool empty, no index]
  what_went_well: [rollback, talk]
other: 1
"""


def test_what_has_no_place_is_listed_with_its_line_and_nothing_else_is() -> None:
    reading = yaml(ODD)
    assert [(each.line, each.where, each.text) for each in reading.unplaced] == [
        (5, "postmortem.mood", "fine"),
        (6, "postmortem.duration", "a while"),
        (8, "postmortem.authors[1]", "name: bo"),
        (9, "postmortem.impact.weather", "rain"),
        (12, "postmortem.timeline[1].who", "ana"),
        (13, "postmortem.timeline[2]", "00:20 PST Zone"),
        (14, "postmortem.timeline[3]", "later No time"),
        (15, "postmortem.timeline[4]", "00:30"),
        (16, "postmortem.timeline[5]", "just words"),
        (17, "postmortem.contributing_factors[1]", "two"),
        (19, "postmortem.action_items[0].priority", "urgent"),
        (19, "postmortem.action_items[0].due_date", "soon"),
        (19, "postmortem.action_items[0].effort", "3"),
        (21, "postmortem.action_items[2]", "17"),
        (24, "other", "1"),
    ]


def test_what_has_a_place_is_there() -> None:
    document = yaml(ODD).document
    assert (document.severity, document.authors) == ("SEV-2", (Person("ana"),))
    assert document.impact == Impact(failed_requests=3, text="Users affected: about half\nRevenue impact: 12,000")
    assert document.timeline == (
        TimelineItem(on("2026-12-31", "23:50"), "Alert"),
        TimelineItem(on("2027-01-01", "00:10"), "Service recovered"),
    )
    assert document.actions == (Action("a", owner=Person("ana")), Action("only words"))
    assert document.five_whys.whys == (Why("pool empty", deeper=(Why("no index", is_cause=True),)),)
    assert document.went_well == "- rollback\n- talk"


def test_without_a_date_the_timeline_has_no_place_and_says_so() -> None:
    reading = yaml("postmortem: {title: x, timeline: [{time: '14:02 UTC', event: Deploy}]}")
    assert reading.document.timeline == ()
    assert [(each.text, "date" in str(each.reason)) for each in reading.unplaced] == [("14:02 UTC Deploy", True)]


def test_impact_may_be_a_sentence() -> None:
    assert yaml("postmortem: {impact: All checkouts failed.}").document.impact == Impact(text="All checkouts failed.")


@pytest.mark.parametrize("value", [None, [], "text", {}, {"postmortem": None}, {"postmortem": []}, {"incident": {}}])
def test_another_shape_is_refused(value: object) -> None:
    with pytest.raises(NotAPostmortem):
        reading_yaml.read(value)
