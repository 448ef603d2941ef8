"""Which instant a line of a timeline speaks of, in many people's words."""

from datetime import UTC, datetime, timedelta

import pytest

from postmortems.logic.document import Instants, TimelineItem
from postmortems.logic.moments import instants_in, moment_of, unseen_for, with_onset

LINES = {
    "changed_at": [
        "Deployed v2.3.1 to production",
        "Deployment of payment-service 2.4",
        "Last deploy before the outage",
        "Configuration change rolled out",
    ],
    "alerted_at": [
        "Alert fires: error rate above 5 %",
        "PagerDuty alert triggered",
        "Alerts fired for failed checkouts",
        "First alert: deployment latency high",
    ],
    "acknowledged_at": [
        "On-call acknowledged the alert",
        "Alert acknowledged by engineer-a",
        "Acked by Sarah",
        "On-call engineer joined",
    ],
    "gathered_at": [
        "Incident channel created, commander assigned",
        "#inc-checkout channel opened, Sarah is commander",
        "War room opened",
    ],
    "issue_found_at": [
        "Issue identified in the checkout query",
        "Identified the slow query",
        "Problem traced to checkout",
    ],
    "cause_found_at": [
        "Root cause identified: missing index",
        "Cause found: connection leak",
        "Found the root cause of the failure",
        "Identified root cause as the deploy at 13:15",
    ],
    "mitigation_started_at": [
        "Rollback initiated",
        "Started rolling back",
        "Rollback started",
        "Rolled back to v2.3.0",
        "Decision to roll back the deployment",
    ],
    "rolled_back_at": [
        "Rollback complete",
        "Rollback completed, errors falling",
        "Completed rollback",
        "Rollback done",
    ],
    "recovered_at": [
        "Service fully recovered",
        "Error rate back to normal",
        "All metrics normal",
        "Service restored",
        "Incident resolved",
        "Checkout success rate returned to normal levels after rollback",
    ],
    None: ["Traffic is drained from node 3", "Status page updated", "Looked at dashboards"],
}


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, lines in LINES.items() for line in lines])
def test_a_line_speaks_of_its_moment(name: str | None, line: str) -> None:
    assert moment_of(line) == name


def at(minute: int) -> datetime:
    return datetime(2026, 3, 25, 13, tzinfo=UTC) + timedelta(minutes=minute)


def test_the_first_line_counts_and_of_recoveries_the_last_and_of_deploys_the_last_before_the_alert() -> None:
    lines = [
        (0, "Deployed A"), (5, "Deployed B"), (10, "Alert fired"), (12, "Second alert fired"), (15, "Acknowledged"),
        (20, "Service recovered"), (25, "Alert fired again"), (30, "Service recovered"), (40, "Deployed the fix"),
    ]  # fmt: skip
    timeline = [TimelineItem(at(minute), text) for minute, text in reversed(lines)]
    assert instants_in(timeline) == Instants(
        changed_at=at(5), alerted_at=at(10), acknowledged_at=at(15), recovered_at=at(30)
    )


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("Detection was quick (3 minutes from failure to alert)", 3),
        ("only 12 min between first error and alert", 12),
        ("3 minutes from alert to fix", None),
        ("", None),
    ],
)
def test_how_long_it_went_unseen_is_read_where_it_is_told(text: str, minutes: int | None) -> None:
    assert unseen_for(text) == (None if minutes is None else timedelta(minutes=minutes))


def test_the_onset_is_counted_back_from_the_alert_and_never_overwrites_what_is_known() -> None:
    alerted = Instants(alerted_at=at(47))
    assert with_onset(alerted, timedelta(minutes=3)).impact_started_at == at(44)
    known = Instants(alerted_at=at(47), impact_started_at=at(40))
    assert with_onset(known, timedelta(minutes=3)) == known
    assert with_onset(Instants(), timedelta(minutes=3)) == Instants()
    assert with_onset(alerted, None) == alerted
