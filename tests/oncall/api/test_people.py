"""People, teams, channels through the API: what is shown, what is hidden, who may change whom."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from rest_framework.test import APIClient

from oncall import keys
from oncall.models import Channel, Notification, Team, User
from tests import calling, cast
from tests.calling import fields_of


def test_a_person_is_shown_as_documents_write_them(viewer: APIClient, company: cast.Platform) -> None:
    cast.contact(company.ana, "push", "ntfys://topic-of-ana-secret")
    said = viewer.get("/api/v1/people/ana/").json()
    assert said["active"] is True
    assert said["contact_methods"] == [
        {"slug": "mail", "kind": "email", "address": "ana@example.org", "verified": True},
        {"slug": "push", "kind": "apprise", "address": "ntfys://…cret", "verified": True},
    ]
    assert said["notification_rules"][0] == {"urgency": "high", "contact_method": "mail", "delay_minutes": 0}
    assert "password" not in said


def test_a_manager_changes_working_hours(manager: APIClient, company: cast.Platform) -> None:
    hours = {"days": ["fri", "mon"], "from": "09:00", "to": "17:30"}
    answer = manager.patch("/api/v1/people/ana/", {"working_hours": hours, "holidays": "PT"})
    assert answer.json()["working_hours"] == {**hours, "days": ["mon", "fri"]}
    assert manager.patch("/api/v1/people/ana/", {"working_hours": None}).json()["working_hours"] is None


def test_a_new_person_counts_once_their_address_is_verified(manager: APIClient) -> None:
    answer = manager.post("/api/v1/people/", {"username": "eve", "email": "eve@example.org"})
    assert answer.status_code == 201
    eve = User.objects.get(username="eve")
    assert not eve.has_usable_password()
    assert answer.json()["contact_methods"][0]["verified"] is False
    assert Notification.objects.get(person=eve).kind == "code"


def test_making_somebody_inactive_passes_their_turn_on(manager: APIClient) -> None:
    assert manager.patch("/api/v1/people/ana/", {"active": False}).status_code == 200
    now = manager.get("/api/v1/schedules/platform/on-call/", {"at": "2026-01-14T09:00:00Z"}).json()
    assert now["layers"][0]["people"] == ["bo"]


def test_a_manager_gives_nobody_more_rights(manager: APIClient, company: cast.Platform) -> None:
    assert manager.patch("/api/v1/people/manager1/", {"groups": ["Manager", "Security"]}).status_code == 403
    company.zoe.is_superuser = True
    company.zoe.save()
    assert manager.patch("/api/v1/people/zoe/", {"email": "me@example.org"}).status_code == 403
    unknown = manager.patch("/api/v1/people/manager1/", {"is_superuser": True})
    assert fields_of(unknown) == ["is_superuser"]
    assert not User.objects.get(username="manager1").groups.filter(name="Security").exists()


def test_a_superuser_puts_people_into_groups(company: cast.Platform) -> None:
    root = calling.caller(cast.person("root", is_superuser=True))
    assert root.patch("/api/v1/people/ana/", {"groups": ["Responder"]}).json()["groups"] == ["Responder"]
    assert list(company.ana.groups.all()) == [Group.objects.get(name="Responder")]


def test_a_username_stays(manager: APIClient) -> None:
    assert fields_of(manager.patch("/api/v1/people/ana/", {"username": "anna"})) == ["username"]


def test_nobody_is_deleted(company: cast.Platform) -> None:
    root = calling.caller(cast.person("root", is_superuser=True))
    assert root.delete("/api/v1/people/ana/").status_code == 405


def test_a_username_with_dots_is_found(viewer: APIClient) -> None:
    cast.person("j.doe@example.org")
    assert viewer.get("/api/v1/people/j.doe@example.org/").status_code == 200


def test_a_team_is_made_and_its_members_replaced(manager: APIClient) -> None:
    body = {"name": "Data Plant", "lead": "dee", "members": ["ana", "bo"], "timezone": "Europe/Lisbon"}
    made = manager.post("/api/v1/teams/", body).json()
    assert (made["slug"], made["lead"], made["members"]) == ("data-plant", "dee", ["ana", "bo"])
    changed = manager.patch("/api/v1/teams/data-plant/", {"members": ["bo", "cy"], "lead": None}).json()
    assert (changed["members"], changed["lead"]) == (["bo", "cy"], None)
    team = Team.objects.get(slug="data-plant")
    assert team.memberships.model.history.filter(team=team).count() == 4, "two in, one out, one in"


def test_a_channels_address_goes_in_whole_and_comes_out_masked(manager: APIClient) -> None:
    address = "slack://TokenA12345/TokenB12345/TokenC1234512345/general"
    made = manager.post("/api/v1/channels/", {"name": "Ops room", "address": address})
    assert made.status_code == 201
    shown = made.json()["address"]
    assert "TokenA" not in shown
    assert manager.put("/api/v1/channels/ops-room/", made.json()).status_code == 200
    assert Channel.objects.get().address == address, "what was shown came back: not a change"


@pytest.mark.parametrize(
    "address", ["syslog://localhost", "json://127.0.0.1/hook", "mailto:a@example.org,b@example.org", "nonsense", ""]
)
def test_an_address_that_may_not_be_used_is_refused(manager: APIClient, address: str) -> None:
    answer = manager.post("/api/v1/channels/", {"name": "Ops", "address": address})
    assert answer.status_code == 400
    assert fields_of(answer) == ["address"]


def steps(client: APIClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/v1/escalation-policies/platform/").json()["steps"]
    return found


def test_a_policy_is_shown_as_documents_write_it(viewer: APIClient) -> None:
    assert steps(viewer) == [
        {"delay_minutes": 0, "targets": [{"schedule": "platform", "layer": "primary"}]},
        {"delay_minutes": 5, "targets": [{"schedule": "platform", "layer": "secondary"}]},
        {"delay_minutes": 10, "targets": [{"team_lead": "platform"}]},
    ]


def test_steps_given_replace_the_steps_and_the_same_ones_write_nothing(
    manager: APIClient, company: cast.Platform
) -> None:
    cast.channel("Ops room")
    wanted = [
        {"delay_minutes": 0, "targets": [{"schedule": "platform"}, {"user": "cy"}]},
        {"delay_minutes": 15, "targets": [{"team_manager": "platform"}, {"team": "platform"}, {"channel": "ops-room"}]},
    ]
    path = "/api/v1/escalation-policies/platform/"
    assert manager.patch(path, {"steps": wanted, "repeat": 2}).json()["steps"] == wanted
    keys = list(company.policy.steps.values_list("pk", flat=True))
    assert manager.patch(path, {"steps": wanted}).status_code == 200
    assert list(company.policy.steps.values_list("pk", flat=True)) == keys


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ({}, "steps[0].targets[0]"),
        ({"user": "ana", "team": "platform"}, "steps[0].targets[0]"),
        ({"user": "nobody"}, "steps[0].targets[0].user"),
        ({"user": "ana", "layer": "primary"}, "steps[0].targets[0].layer"),
        ({"schedule": "platform", "layer": "third"}, "steps[0].targets[0].layer"),
        ("ana", "steps[0].targets[0]"),
    ],
)
def test_a_bad_target_is_named(manager: APIClient, target: object, field: str) -> None:
    answer = manager.patch("/api/v1/escalation-policies/platform/", {"steps": [{"targets": [target]}]})
    assert answer.status_code == 400
    assert fields_of(answer) == [field]
    assert len(steps(manager)) == 3


def test_a_step_of_a_patch_is_whole(manager: APIClient) -> None:
    answer = manager.patch("/api/v1/escalation-policies/platform/", {"steps": [{"delay_minutes": 5}]})
    assert fields_of(answer) == ["steps[0].targets"]


def test_a_token_is_shown_once_works_and_is_revoked(company: cast.Platform) -> None:
    client = APIClient()
    client.force_login(calling.member("Viewer"))
    made = client.post("/api/v1/tokens/", {"name": "script"})
    assert made.status_code == 201
    assert made.json()["scope"] == "read"
    fresh = APIClient()
    fresh.credentials(HTTP_AUTHORIZATION=f"Bearer {made.json()['token']}")
    assert fresh.get("/api/v1/teams/").status_code == 200
    listed = client.get("/api/v1/tokens/").json()["results"]
    assert made.json()["token"] not in str(listed)
    assert client.delete(f"/api/v1/tokens/{made.json()['id']}/").status_code == 204
    assert fresh.get("/api/v1/teams/").status_code == 401


def test_a_token_makes_no_tokens(company: cast.Platform) -> None:
    """Else who finds one makes another that lives on when the first is revoked."""
    user = calling.member("Manager")
    answer = calling.caller(user).post("/api/v1/tokens/", {"name": "for ever", "scope": "write"})
    assert answer.status_code == 403
    assert "in the console" in answer.json()["detail"]
    assert user.api_tokens.count() == 1


def test_nobody_has_more_tokens_than_the_console_shows(company: cast.Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "MAX_API_TOKENS", 2)
    user = calling.member("Viewer")
    client = APIClient()
    client.force_login(user)
    answers = [client.post("/api/v1/tokens/", {"name": "script"}).status_code for _ in range(3)]
    assert answers == [201, 201, 409]
    token = user.api_tokens.first()
    assert client.delete(f"/api/v1/tokens/{token.pk}/").status_code == 204
    assert client.post("/api/v1/tokens/", {"name": "script"}).status_code == 201


def test_others_tokens_are_not_there(company: cast.Platform) -> None:
    mine, yours = calling.as_member("Viewer"), calling.as_member("Manager")
    token = yours.get("/api/v1/tokens/").json()["results"][0]
    assert mine.delete(f"/api/v1/tokens/{token['id']}/").status_code == 404
    assert len(mine.get("/api/v1/tokens/").json()["results"]) == 1
