"""Who may call the API, and for what."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from oncall.models import ApiToken, Override, Schedule
from tests import calling, cast

EVERYTHING = [
    *("incidents", "alerts", "services", "integrations", "severities", "silences", "maintenance", "pages"),
    *("notifications", "people", "teams", "channels", "schedules", "overrides", "leave", "escalation-policies"),
    "holidays",
]


def override(company: cast.Platform) -> dict[str, Any]:
    return {"schedule": "platform", "add": "cy", "from": "2026-01-14T10:00:00Z", "to": "2026-01-14T12:00:00Z"}


@pytest.mark.parametrize("noun", [*EVERYTHING, "tokens"])
def test_strangers_see_nothing(db: None, noun: str) -> None:
    answer = APIClient().get(f"/api/v1/{noun}/")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 401


@pytest.mark.parametrize("noun", [*EVERYTHING, "tokens"])
def test_a_viewer_sees_every_list(viewer: APIClient, noun: str) -> None:
    answer = viewer.get(f"/api/v1/{noun}/")
    assert answer.status_code == 200
    assert set(answer.json()) == {"next", "previous", "results"}


@pytest.mark.parametrize("noun", EVERYTHING)
def test_a_viewer_makes_nothing(viewer: APIClient, noun: str) -> None:
    answer = viewer.post(f"/api/v1/{noun}/", {})
    assert answer.status_code in (403, 405)


@pytest.mark.parametrize(
    "path", ["people/ana", "teams/platform", "schedules/platform", "escalation-policies/platform", "services/checkout"]
)
def test_a_viewer_changes_and_deletes_nothing(viewer: APIClient, path: str) -> None:
    for call in (viewer.patch, viewer.put, viewer.delete):
        assert call(f"/api/v1/{path}/", {"name": "Other"}).status_code in (403, 405)
    assert viewer.get(f"/api/v1/{path}/").json()["name"] != "Other"


def test_somebody_without_a_group_sees_nothing(company: cast.Platform) -> None:
    assert calling.caller(company.ana).get("/api/v1/schedules/").status_code == 403


def test_a_read_token_only_reads_whatever_its_owner_may(company: cast.Platform) -> None:
    reader = calling.as_member("Manager", scope="read")
    assert reader.get("/api/v1/teams/platform/").status_code == 200
    assert reader.patch("/api/v1/teams/platform/", {"name": "Other"}).status_code == 403
    assert reader.post("/api/v1/overrides/", override(company)).status_code == 403
    assert reader.post("/api/v1/tokens/", {}).status_code == 403
    assert not Override.objects.exists()


def test_a_revoked_token_opens_nothing(viewer: APIClient) -> None:
    ApiToken.objects.update(revoked_at=timezone.now() - timedelta(seconds=1))
    assert viewer.get("/api/v1/teams/").status_code == 401


@pytest.mark.parametrize("header", ["Bearer", "Bearer one two", "Bearer \xff", "Bearer " + "x" * 300])
def test_a_malformed_header_is_refused(company: cast.Platform, header: str) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=header)
    assert client.get("/api/v1/teams/").status_code == 401


def test_a_session_needs_the_csrf_token_to_write(company: cast.Platform) -> None:
    user = calling.member("Manager")
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.get("/api/v1/teams/").status_code == 200
    answer = client.patch("/api/v1/teams/platform/", {"name": "Other"})
    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]


def test_a_session_with_the_csrf_token_writes(company: cast.Platform) -> None:
    client = APIClient()
    client.force_login(calling.member("Manager"))
    assert client.patch("/api/v1/teams/platform/", {"name": "Other"}).status_code == 200


def test_a_responder_steps_in_but_sets_nothing_up(responder: APIClient, company: cast.Platform) -> None:
    assert responder.post("/api/v1/overrides/", override(company)).status_code == 201
    assert responder.delete("/api/v1/schedules/platform/").status_code == 403
    assert Schedule.objects.filter(slug="platform").exists()


def test_history_knows_who_changed_it_by_token(manager: APIClient, company: cast.Platform) -> None:
    assert manager.patch("/api/v1/teams/platform/", {"name": "Core"}).status_code == 200
    latest = company.team.history.first()
    assert (latest.name, latest.history_user.username) == ("Core", "manager1")


@pytest.mark.parametrize("noun", [*EVERYTHING, "tokens"])
def test_options_and_head_are_answered(manager: APIClient, noun: str) -> None:
    assert manager.options(f"/api/v1/{noun}/").status_code == 200
    assert manager.head(f"/api/v1/{noun}/").status_code == 200
