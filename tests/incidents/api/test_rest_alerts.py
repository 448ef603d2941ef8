"""Alerts, pages and notifications through the API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from incidents.models import Alert, Incident
from oncall.models import Notification, Page, User
from tests import calling, cast
from tests.cast import NOW

Opened = Callable[..., Incident]


def rows(client: APIClient, noun: str, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/{noun}/", query)
    assert answer.status_code == 200, answer.json()
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def message(page: Page | None, person: User | None, key: str, **fields: Any) -> Notification:
    return Notification.objects.create(
        **{
            "key": key,
            "kind": "page",
            "person": person,
            "page": page,
            "contact_method": person.contact_methods.first() if person else None,
            "transport": "apprise",
            "recipient": "somebody",
            "address": "ntfys://user:secret@ntfy.example.org/a-long-topic",
            "title": "Your code: 123456",
            "text": "Your code: 123456",
            "link": "https://ops.example.org/p/secret-token/",
            "step": 1,
            "round": 1,
            **dict.fromkeys(["created_at", "due_at", "give_up_at"], NOW),
            **fields,
        }
    )


def test_an_alert_is_shown_with_its_incident(viewer: APIClient, opened: Opened) -> None:
    incident = opened()
    (said,) = rows(viewer, "alerts")
    expected = {
        "dedup_key": "disk",
        "state": "open",
        "title": "Database down",
        "severity": "SEV-2",
        "labels": {"region": "eu"},
        "link": "https://grafana.example.org/d/1",
        "integration": "Events",
        "service": "checkout",
        "incident": incident.number,
        "count": 1,
        "first_seen_at": "2026-01-14T09:00:00Z",
        "last_seen_at": "2026-01-14T09:00:00Z",
    }
    assert {name: said[name] for name in expected} == expected
    assert viewer.get(f"/api/v1/alerts/{said['id']}/").json() == said


def test_an_alert_without_incident_or_link_says_null(viewer: APIClient, opened: Opened) -> None:
    opened()
    Alert.objects.update(incident=None, links=[], integration=None, resolved_at=NOW)
    (said,) = rows(viewer, "alerts")
    assert (said["incident"], said["link"], said["integration"], said["state"]) == (None, None, None, "resolved")


def test_alerts_are_found(viewer: APIClient, opened: Opened) -> None:
    incident = opened()
    opened("Search is slow", "SEV-3", key="slow", at=NOW + timedelta(hours=1))
    Alert.objects.filter(dedup_key="slow").update(resolved_at=NOW + timedelta(hours=2))

    def found(**query: str) -> list[str]:
        return [row["dedup_key"] for row in rows(viewer, "alerts", **query)]

    assert found() == ["slow", "disk"]
    assert found(state="open") == ["disk"]
    assert found(state="resolved") == ["slow"]
    assert found(severity="SEV-3") == ["slow"]
    assert found(dedup_key="disk") == ["disk"]
    assert found(incident=incident.number) == ["disk"]
    assert found(integration="Events", service="checkout", team="platform") == ["slow", "disk"]
    assert found(search="slow") == ["slow"]
    assert found(first_seen_after="2026-01-14T09:30:00Z") == ["slow"]
    assert found(silenced="false") == ["slow", "disk"]
    assert found(silenced="true") == []


@pytest.mark.parametrize("noun", ["alerts", "pages", "notifications"])
def test_what_the_engine_writes_is_read_only(company: cast.Platform, opened: Opened, noun: str) -> None:
    opened()
    root = calling.caller(cast.person("root", is_superuser=True))
    assert root.post(f"/api/v1/{noun}/", {}).status_code == 405
    assert root.delete(f"/api/v1/{noun}/1/").status_code == 405


def test_a_page_is_shown_with_its_incident(viewer: APIClient, opened: Opened) -> None:
    incident = opened()
    (said,) = rows(viewer, "pages", incident=incident.number, state="open", severity="SEV-2")
    expected = {"incident": incident.number, "service": "checkout", "policy": "Platform", "step": 1, "round": 1}
    assert {name: said[name] for name in expected} == expected
    assert rows(viewer, "pages", incident="INC-2026-9999") == []
    assert rows(viewer, "pages", state="resolved") == []


def test_a_notification_says_everything_but_its_secrets(
    viewer: APIClient, opened: Opened, company: cast.Platform
) -> None:
    incident = opened()
    Notification.objects.all().delete()  # of whom the severity makes aware
    message(Page.objects.get(), company.ana, "k1", step=2, round=1)
    (said,) = rows(viewer, "notifications")
    expected = {
        "kind": "page",
        "person": "ana",
        "contact_method": "mail",
        "transport": "apprise",
        "page": Page.objects.get().pk,
        "incident": incident.number,
        "step": 2,
        "round": 1,
        "state": "pending",
        "reason": "",
        "due_at": "2026-01-14T09:00:00Z",
        "sent_at": None,
    }
    assert {name: said[name] for name in expected} == expected
    for secret in ("secret", "123456"):
        assert secret not in str(said)


def test_step_and_round_are_null_for_all_but_pages(viewer: APIClient, opened: Opened, company: cast.Platform) -> None:
    opened()
    message(Page.objects.get(), company.ana, "k1", kind="fallback", step=0)
    message(Page.objects.get(), company.ana, "k2", kind="taken")
    assert {(row["step"], row["round"]) for row in rows(viewer, "notifications")} == {(None, None)}
    assert rows(viewer, "notifications", step="1") == []


def test_notifications_are_found(viewer: APIClient, opened: Opened, company: cast.Platform) -> None:
    incident = opened()
    Notification.objects.all().delete()  # of whom the severity makes aware
    page = Page.objects.get()
    message(page, company.ana, "k1", state="sent", sent_at=NOW)
    message(page, company.bo, "k2", kind="taken", transport="email", due_at=NOW + timedelta(hours=1))
    message(None, company.cy, f"aware:{incident.pk}:SEV-2:{company.cy.pk}", kind="aware", step=None, round=None)

    def found(**query: Any) -> list[str]:
        return [row["person"] for row in rows(viewer, "notifications", **query)]

    assert found() == ["cy", "bo", "ana"]
    assert found(kind="page") == ["ana"]
    assert found(kind=["page", "taken"]) == ["bo", "ana"]
    assert found(state="sent") == ["ana"]
    assert found(person="bo") == ["bo"]
    assert found(page=page.pk) == ["bo", "ana"]
    assert found(incident=incident.number) == ["cy", "bo", "ana"]
    assert found(transport="email") == ["bo"]
    assert found(step=1, round=1) == ["ana"]
    assert found(due_after="2026-01-14T09:30:00Z") == ["bo"]
    assert found(sent_before="2026-01-14T10:00:00Z") == ["ana"]
    assert {row["incident"] for row in rows(viewer, "notifications")} == {incident.number}


def test_private_messages_are_their_readers_alone(viewer: APIClient, opened: Opened, company: cast.Platform) -> None:
    opened("Break-in", private=True)
    message(Page.objects.get(), company.ana, "k1", private=True)
    message(None, company.ana, "k2", kind="code", private=True)
    assert rows(viewer, "notifications") == []
    client = calling.caller(company.ana)
    assert client.get("/api/v1/notifications/").status_code == 403, "no group, no list"
