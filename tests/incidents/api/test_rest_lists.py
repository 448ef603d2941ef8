"""Every list asks a bounded number of queries, however many rows it shows."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from rest_framework.test import APIClient

from incidents import lifecycle
from incidents.models import Alert, Incident, Integration, Maintenance, RoleAssignment, Severity, Silence
from oncall.models import Holiday, Notification, Page, StepRun
from tests import calling, cast
from tests.calling import MOST_QUERIES, queries_of
from tests.cast import NOW

ROWS = 50
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def crowd(company: cast.Platform, events: Integration) -> None:
    """Fifty of everything, each with what hangs on it."""
    severity = Severity.objects.get(level="SEV-2")
    people = [cast.person(f"p{n:02}") for n in range(ROWS)]
    services = []
    for n, person in enumerate(people):
        team = cast.team(f"Team {n}", [person, company.ana], lead=person, manager=company.zoe)
        rota = cast.schedule(f"Rota {n}", {"primary": [person, company.bo], "secondary": [company.cy]}, team=team)
        steps = [(0, [cast.on_layer(rota, "primary"), cast.to_user(person)]), (5, [cast.to_lead(team)])]
        policy = cast.policy(f"Policy {n}", steps, team=team)
        service = cast.service(f"Service {n}", team, policy, default_severity=severity)
        service.depends_on.add(company.service)
        service.severity_policies.create(severity=severity, policy=policy)
        services.append(service)
        cast.override(rota, NOW, LATER, add=company.ana, remove=person)
        cast.away(person, NOW, LATER)
        cast.channel(f"Room {n}")
        Integration.objects.create(service=service, name="Events", key_digest=f"d{n}")
        Silence.objects.create(service=service, starts_at=NOW, ends_at=LATER, created_by=person)
        Maintenance.objects.create(service=service, starts_at=NOW, ends_at=LATER, created_by=person)
        Holiday.objects.create(country="PT", day_on=NOW.date() + timedelta(days=n), name="x")
    openings = [
        lifecycle.Opening(service.pk, severity.pk, f"Incident {n}", NOW, NOW, NOW) for n, service in enumerate(services)
    ]
    for n, incident in enumerate(lifecycle.open_many(openings, NOW)):
        RoleAssignment.objects.create(incident=incident, role="scribe", person=people[n], starts_at=NOW)
        incident.responders.create(person=people[n], added_at=NOW)
        Alert.objects.create(
            integration=events,
            service=incident.service,
            incident=incident,
            dedup_key=str(n),
            title="x",
            severity=severity,
            **dict.fromkeys(["started_at", "first_seen_at", "last_seen_at"], NOW),
        )
        page = Page.objects.get(subject=incident.subject)
        StepRun.objects.create(page=page, round=1, step=1, ran_at=NOW)
        Notification.objects.create(
            key=f"k{n}",
            kind="page",
            person=people[n],
            page=page,
            contact_method=people[n].contact_methods.get(),
            transport="email",
            address="x@example.org",
            step=1,
            round=1,
            **dict.fromkeys(["created_at", "due_at", "give_up_at"], NOW),
        )


@pytest.mark.parametrize("group", ["Manager", "Security"])
def test_no_list_asks_more_than_twelve_queries(crowd: None, group: str) -> None:
    client = calling.as_member(group)
    asked = {}
    for noun in (
        *("incidents", "alerts", "services", "integrations", "severities", "silences", "maintenance", "pages"),
        *("notifications", "people", "teams", "channels", "schedules", "overrides", "leave", "escalation-policies"),
        *("holidays", "tokens"),
    ):
        answer, count = queries_of(lambda noun=noun: client.get(f"/api/v1/{noun}/"))  # type: ignore[misc]
        assert answer.status_code == 200
        assert noun in ("severities", "tokens") or len(answer.json()["results"]) == ROWS, noun
        asked[noun] = count
    assert max(asked.values()) <= MOST_QUERIES, asked


def test_one_row_asks_no_more_than_the_list(crowd: None, viewer: APIClient) -> None:
    number = Incident.objects.values_list("number", flat=True)[0]
    for path in (f"incidents/{number}", f"incidents/{number}/timeline", "schedules/rota-1", "schedules/rota-1/on-call"):
        answer, count = queries_of(lambda path=path: viewer.get(f"/api/v1/{path}/"))  # type: ignore[misc]
        assert answer.status_code == 200
        assert count <= 18, path


def test_filters_ask_no_more(crowd: None, viewer: APIClient) -> None:
    number = Incident.objects.values_list("number", flat=True)[0]
    asks: list[Callable[[], object]] = [
        lambda: viewer.get("/api/v1/notifications/", {"incident": number, "kind": "page", "person": "p01"}),
        lambda: viewer.get("/api/v1/pages/", {"incident": number, "person": "p01"}),
        lambda: viewer.get("/api/v1/incidents/", {"person": "p01", "service": "service-1", "search": "incident"}),
    ]
    for ask in asks:
        assert queries_of(ask)[1] <= MOST_QUERIES
