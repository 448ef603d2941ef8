"""Postmortems and action items over the API: the same filters and verbs, the same judgement."""

from typing import Any

import pytest
import time_machine

from oncall.models import User
from postmortems.admin import deeds
from postmortems.api.actions import ActionViewSet
from postmortems.api.postmortems import PostmortemViewSet
from postmortems.models import ActionItem, Postmortem
from tests import calling, cast
from tests.calling import MOST_QUERIES, fields_of, queries_of
from tests.postmortems.writing import LATER, TEXTS, action, now_of, whole


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(LATER, tick=False):
        yield


def api(user: User) -> Any:
    return calling.caller(now_of(user))


def test_lists_and_details(postmortem: Postmortem, company: cast.Platform) -> None:
    client = api(company.cy)
    row = client.get("/api/v1/postmortems/").json()["results"][0]
    assert (row["number"], row["incident"], row["state"], row["owner"]) == (
        "PM-2026-0001",
        postmortem.incident.number,  # type: ignore[union-attr]
        "draft",
        "bo",
    )
    assert row["review_due_at"] == "2026-01-16T10:00:00Z"
    assert "summary" not in row
    detail = client.get("/api/v1/postmortems/PM-2026-0001/").json()
    assert [item["entry"] for item in detail["timeline"]] == [row.entry_id for row in postmortem.timeline.all()]
    assert {"summary", "whys", "factors", "attendees", "comments"} <= detail.keys()


def test_a_list_of_many_asks_a_bounded_number_of_questions(postmortem: Postmortem, company: cast.Platform) -> None:
    for number in range(30):
        action(postmortem, company.ana, description=f"a{number}")
    client = api(company.cy)
    for noun in ("postmortems", "action-items"):
        answer, asked = queries_of(lambda noun=noun: client.get(f"/api/v1/{noun}/"))
        assert answer.status_code == 200
        assert asked <= MOST_QUERIES, noun
    answer, asked = queries_of(lambda: client.get("/api/v1/postmortems/PM-2026-0001/"))
    assert asked <= MOST_QUERIES + 2


def test_it_is_written_with_the_version_that_was_read(postmortem: Postmortem, company: cast.Platform) -> None:
    client, address = api(company.ana), "/api/v1/postmortems/PM-2026-0001/"
    given = {"version": 1, **TEXTS, "tags": [{"word": "database"}], "users_affected": 12500}
    answer = client.patch(address, given, format="json")
    assert answer.status_code == 200, answer.json()
    assert (answer.json()["summary"], answer.json()["users_affected"]) == (TEXTS["summary"], 12500)
    assert [tag["word"] for tag in answer.json()["tags"]] == ["database"]
    assert client.patch(address, {"version": 1, "summary": "x"}, format="json").status_code == 409
    assert fields_of(client.patch(address, {"summary": "x"}, format="json")) == ["version"]
    assert fields_of(client.patch(address, {"version": 3, "state": "published"}, format="json")) == ["state"]
    assert api(company.cy).patch(address, {"version": 3}, format="json").status_code == 403


def test_readiness_names_rule_group_message_and_place(postmortem: Postmortem, company: cast.Platform) -> None:
    findings = api(company.cy).get("/api/v1/postmortems/PM-2026-0001/readiness/").json()["findings"]
    assert {
        "rule": "section.summary",
        "group": "document",
        "message": "Write a summary.",
        "where": "summary",
    } in findings
    assert api(company.bo).post("/api/v1/postmortems/PM-2026-0001/start_review/").status_code == 200
    refused = api(company.bo).post("/api/v1/postmortems/PM-2026-0001/publish/")
    assert refused.status_code == 409
    assert "Write a summary." in refused.json()["detail"]


def test_from_review_to_closed(postmortem: Postmortem, company: cast.Platform) -> None:
    whole(postmortem, company.ana)
    assert api(company.dee).post("/api/v1/postmortems/PM-2026-0001/publish/").json()["state"] == "published"
    row = api(company.ana).get("/api/v1/action-items/?owner=ana&open=true").json()["results"][0]
    done = api(company.ana).post(f"/api/v1/action-items/{row['id']}/finish/", {"evidence": "PR 7"}, format="json")
    assert done.json()["status"] == "done"
    assert Postmortem.objects.get().state == "closed"
    reopened = api(company.zoe).post("/api/v1/postmortems/PM-2026-0001/reopen/", {"reason": "a figure"}, format="json")
    assert reopened.json()["state"] == "in_review"


def test_action_items_are_added_moved_and_handed_over(postmortem: Postmortem, company: cast.Platform) -> None:
    client = api(company.bo)
    given = {"postmortem": "PM-2026-0001", "description": "Add the index", "priority": "P1", "owner": "ana"}
    made = client.post("/api/v1/action-items/", given, format="json")
    assert (made.status_code, made.json()["due_on"], made.json()["overdue"]) == (201, "2026-01-28", False)
    address = made.headers["Location"]
    moved = client.post(f"{address}move/", {"to_on": "2026-02-10", "reason": "vendor"}, format="json").json()
    assert (moved["due_on"], moved["moves"][0]["reason"]) == ("2026-02-10", "vendor")
    assert (
        client.post(f"{address}assign/", {"owner": "bo", "reason": "he knows it"}, format="json").json()["owner"]
        == "bo"
    )
    assert client.post(f"{address}decline/", {"reason": "no"}, format="json").status_code == 403
    assert fields_of(client.post(f"{address}move/", {"to_on": "2020-01-01", "reason": "x"}, format="json")) == ["to_on"]
    with time_machine.travel("2026-03-01T00:00:00Z", tick=False):
        assert [row["id"] for row in client.get("/api/v1/action-items/?overdue=true").json()["results"]] == [
            made.json()["id"]
        ]


def test_what_is_private_is_nowhere(postmortem: Postmortem, company: cast.Platform) -> None:
    made = action(postmortem, company.bo)
    incident = postmortem.incident
    assert incident is not None
    incident.private = True
    incident.save()
    for user, there in ((company.zoe, 404), (company.bo, 200)):
        client = api(user)
        assert client.get("/api/v1/postmortems/PM-2026-0001/").status_code == there
        assert client.get(f"/api/v1/action-items/{made.pk}/").status_code == there
        assert len(client.get("/api/v1/action-items/").json()["results"]) == (there == 200)
        assert client.post(f"/api/v1/action-items/{made.pk}/begin/").status_code == there
    assert ActionItem.objects.get().status == "in_progress"


def test_one_is_started_where_the_severity_asks_for_none(resolved: Any, company: cast.Platform) -> None:
    incident = resolved("SEV-3")
    client = api(company.ana)
    made = client.post("/api/v1/postmortems/", {"incident": incident.number}, format="json")
    assert (made.status_code, made.json()["state"]) == (201, "draft")
    assert client.post("/api/v1/postmortems/", {"incident": incident.number}, format="json").status_code == 409
    assert fields_of(client.post("/api/v1/postmortems/", {"incident": "INC-1999-0001"}, format="json")) == ["incident"]


def test_action_items_are_found_by_the_same_filters_as_in_the_console(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    incident = postmortem.incident
    assert incident is not None
    made = action(postmortem, company.ana, priority="P1", kind="detect", due_on="2026-02-01")
    other = Postmortem.objects.create(number="PM-2026-0099", title="Of no team", created_at=LATER)
    elsewhere = action(other, None, priority="P2", kind="process", owner_name="vendor")
    asks = {
        "team": "platform",
        "service": "checkout",
        "owner": "ana",
        "incident": incident.number,
        "postmortem": "PM-2026-0001",
        "priority": "P1",
        "kind": "detect",
        "due_before": "2026-02-02",
    }
    client = api(company.cy)
    for name, value in asks.items():
        found = client.get("/api/v1/action-items/", {name: value}).json()["results"]
        assert [row["id"] for row in found] == [made.pk], name
    both = {made.pk, elsewhere.pk}
    for name, value, wanted in (
        ("status", "open", both),
        ("open", "true", both),
        ("created_after", "2026-01-01T00:00:00Z", both),
        ("created_before", "2026-01-01T00:00:00Z", set()),
        ("finished_after", "2026-01-01T00:00:00Z", set()),
    ):
        found = client.get("/api/v1/action-items/", {name: value}).json()["results"]
        assert {row["id"] for row in found} == wanted, name


def test_every_verb_of_the_console_has_a_door_in_the_api() -> None:
    doors = {view: {door.url_path for door in view.get_extra_actions()} for view in (ActionViewSet, PostmortemViewSet)}
    assert set(deeds.ACTION) <= doors[ActionViewSet]
    assert set(deeds.POSTMORTEM) <= doors[PostmortemViewSet]
