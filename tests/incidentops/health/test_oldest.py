"""The oldest work is found by probes: the same as by reading everything, and without reading it."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import Min
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidentops.health import engine_terms, oldest
from incidents import integrations
from incidents.models import InboxItem, Incident, Service, Severity
from oncall.engine import overtaken
from oncall.models import Notification, Page
from oncall.models.canary import LOOPBACK
from tests import cast
from tests.cast import NOW
from tests.oncall.engine.dispatching import new_page

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def message(number: int, lane: str, rank: int, due_at: datetime, **fields: Any) -> Notification:
    given = {"key": f"k{number}", "lane": lane, "rank": rank, "due_at": due_at, "created_at": NOW, "kind": "page"}
    return Notification(**given | {"give_up_at": due_at, "state": "pending", "transport": lane} | fields)


def some_messages(chance: random.Random) -> list[Notification]:
    lanes = chance.sample(["email", "ntfys", "json://a", "json://b", LOOPBACK], chance.randint(1, 5))
    return [
        message(
            number,
            chance.choice(lanes),
            chance.randint(1, 4),
            NOW + timedelta(seconds=chance.randint(-9_999, 9_999)),
            state=chance.choice(["pending", "pending", "sending", "sent"]),
        )
        for number in range(chance.randint(1, 30))
    ]


@pytest.mark.parametrize("seed", range(20))
def test_the_oldest_message_is_the_least_of_all_due_times(seed: int) -> None:
    Notification.every.bulk_create(some_messages(random.Random(seed)))
    least = Notification.objects.filter(state="pending").aggregate(at=Min("due_at"))["at"]
    assert oldest.message() == least


def test_nothing_waits_in_an_empty_house() -> None:
    assert (oldest.page(), oldest.message(), oldest.accepted()) == (None, None, None)


def test_the_oldest_page_is_one_that_has_a_next_step() -> None:
    for number, due_at in enumerate([NOW + HOUR, NOW - HOUR, None]):
        new_page(subject=f"s{number}", due_at=due_at)
    new_page(subject="canary", due_at=NOW - 2 * HOUR, canary=True)
    assert oldest.page() == NOW - HOUR


def test_the_oldest_accepted_alert_is_the_first_in_line_of_any_sender() -> None:
    company = cast.platform()
    senders = [integrations.create(company.service, f"Events {n}", "generic", NOW)[0] for n in range(3)]
    for minutes, sender in ((5, senders[0]), (9, senders[1]), (7, senders[1])):
        InboxItem.objects.create(integration=sender, received_at=NOW - timedelta(minutes=minutes))
    InboxItem.objects.create(integration=senders[2], received_at=NOW - HOUR, state=InboxItem.State.DONE, done_at=NOW)
    hidden = Service.objects.create(name="Canary", slug="canary", canary=True)
    own, _key = integrations.create(hidden, "Canary", "generic", NOW)
    InboxItem.every.create(integration=own, received_at=NOW - HOUR)
    assert oldest.accepted() == NOW - timedelta(minutes=9)


def test_open_incidents_are_counted_by_their_level() -> None:
    company = cast.platform()
    levels = {severity.level: severity for severity in Severity.objects.all()}
    standing = ("SEV-1", "triggered"), ("SEV-1", "mitigated"), ("SEV-3", "acknowledged"), ("SEV-2", "closed")
    for number, (level, state) in enumerate(standing):
        given = {"number": f"INC-2026-{number}", "started_at": NOW, "detected_at": NOW, "opened_at": NOW}
        Incident.objects.create(service=company.service, severity=levels[level], state=state, title="Down", **given)
    said = Client().get("/metrics").content.decode()
    lines = [line for line in said.splitlines() if line.startswith("incidentops_open_incidents{")]
    figures = dict(line.rsplit(" ", 1) for line in lines)
    assert figures == {
        'incidentops_open_incidents{severity="SEV-1"}': "2.0",
        'incidentops_open_incidents{severity="SEV-3"}': "1.0",
    }


@pytest.mark.parametrize(
    "asked", [lambda: Client().get("/metrics"), lambda: engine_terms(NOW)], ids=["metrics", "ready"]
)
def test_what_is_asked_again_and_again_costs_no_query_per_row(asked: Any) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            asked()
        return len(seen)

    Notification.every.bulk_create([message(0, "email", 1, NOW)])
    few = queries()
    Notification.every.bulk_create([message(number, "email", number % 4, NOW) for number in range(1, 40)])
    Page.objects.bulk_create([Page(subject=f"s{n}", opened_at=NOW, started_at=NOW, due_at=NOW) for n in range(20)])
    assert queries() == few


def test_a_message_of_an_hour_ago_is_found_among_many_that_are_not() -> None:
    page = new_page(due_at=NOW)
    late = message(1, "ntfys", 4, NOW - 2 * HOUR, page=page)
    Notification.every.bulk_create([message(0, "email", 1, NOW), late])
    assert overtaken.cancel(NOW) == 1
