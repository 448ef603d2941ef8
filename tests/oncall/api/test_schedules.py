"""Who is on call and who was, as the API says it; and schedules written through it."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from oncall.models import Layer, LayerMember, Schedule, Shift
from tests import cast
from tests.calling import fields_of
from tests.cast import NOW

AT = "2026-01-14T09:00:00Z"


@pytest.fixture
def weekly() -> dict[str, Any]:
    return {
        "name": "Data",
        "timezone": "Europe/Lisbon",
        "team": "platform",
        "rest": {"max_consecutive_days": 7},
        "layers": [
            {
                "name": "primary",
                "rotation": {"unit": "weekly", "length": 1, "start": "2026-01-05T10:00:00-06:00"},
                "members": ["ana", ["bo", "cy"]],
            }
        ],
        "declared_gaps": [{"from": "2026-12-24T00:00:00Z", "to": "2026-12-26T00:00:00Z", "reason": "closed"}],
    }


def test_on_call_says_who_until_when_and_whether_they_can_be_reached(viewer: APIClient) -> None:
    answer = viewer.get("/api/v1/schedules/platform/on-call/", {"at": AT})
    assert answer.status_code == 200
    primary, secondary = answer.json()["layers"]
    assert answer.json()["at"] == AT
    assert primary == {"layer": "primary", "people": ["ana"], "until": "2026-01-20T09:00:00Z", "reachable": True}
    assert secondary["people"] == ["bo"]


def test_on_call_without_an_instant_is_now(viewer: APIClient) -> None:
    with time_machine.travel(NOW + timedelta(days=7), tick=False):
        assert viewer.get("/api/v1/schedules/platform/on-call/").json()["layers"][0]["people"] == ["bo"]


def test_an_empty_layer_has_nobody_until_the_next_shift(viewer: APIClient, company: cast.Platform) -> None:
    cast.override(company.schedule, NOW, NOW + timedelta(hours=3), remove=company.ana)
    LayerMember.objects.filter(layer=company.secondary).delete()
    primary, secondary = viewer.get("/api/v1/schedules/platform/on-call/", {"at": AT}).json()["layers"]
    assert primary == {"layer": "primary", "people": [], "until": "2026-01-14T12:00:00Z", "reachable": False}
    assert secondary == {"layer": "secondary", "people": [], "until": None, "reachable": False}


def test_a_layer_is_reachable_when_somebody_in_it_is(viewer: APIClient, company: cast.Platform) -> None:
    company.ana.contact_methods.update(verified_at=None)
    assert not viewer.get("/api/v1/schedules/platform/on-call/", {"at": AT}).json()["layers"][0]["reachable"]
    cast.override(company.schedule, NOW, NOW + timedelta(hours=1), add=company.cy)
    layer = viewer.get("/api/v1/schedules/platform/on-call/", {"at": AT}).json()["layers"][0]
    assert (layer["people"], layer["reachable"]) == (["ana", "cy"], True)


def test_an_offset_may_arrive_as_a_blank(viewer: APIClient) -> None:
    answer = viewer.get("/api/v1/schedules/platform/on-call/?at=2026-01-14T10:00:00+01:00")
    assert answer.json()["at"] == AT


def test_shifts_are_whole_and_one_per_person(viewer: APIClient) -> None:
    span = {"from": "2026-01-15T00:00:00Z", "to": "2026-01-21T00:00:00Z"}
    answer = viewer.get("/api/v1/schedules/platform/shifts/", span).json()
    primary = [shift for shift in answer["shifts"] if shift["layer"] == "primary"]
    assert primary == [
        {
            "layer": "primary",
            "person": person,
            "start": f"2026-01-{start}T09:00:00Z",
            "end": f"2026-01-{end}T09:00:00Z",
            "override": False,
            "recorded": False,
        }
        for person, start, end in (("ana", 13, 20), ("bo", 20, 27))
    ]
    assert answer["gaps"] == []


def test_gaps_say_whether_they_are_declared(viewer: APIClient, company: cast.Platform) -> None:
    cast.override(company.schedule, NOW, NOW + timedelta(hours=2), remove=company.ana)
    company.schedule.declared_gaps.create(starts_at=NOW, ends_at=NOW + timedelta(hours=1))
    span = {"from": AT, "to": "2026-01-15T00:00:00Z"}
    gaps = viewer.get("/api/v1/schedules/platform/shifts/", span).json()["gaps"]
    assert gaps == [
        {"layer": "primary", "start": AT, "end": "2026-01-14T10:00:00Z", "declared": True},
        {"layer": "primary", "start": "2026-01-14T10:00:00Z", "end": "2026-01-14T11:00:00Z", "declared": False},
    ]


@pytest.mark.parametrize(
    ("span", "field"),
    [
        ({}, "from"),
        ({"from": AT}, "to"),
        ({"from": "2026-01-14T09:00:00", "to": AT}, "from"),
        ({"from": AT, "to": "2026-01-14"}, "to"),
        ({"from": AT, "to": AT}, "to"),
        ({"from": AT, "to": "2027-02-18T09:00:01Z"}, "to"),
        ({"from": "9999-01-01T00:00:00Z", "to": "9999-01-02T00:00:00Z"}, "from"),
        ({"from": "0001-01-01T00:00:00+14:00", "to": AT}, "from"),
    ],
)
def test_a_bad_span_is_a_400_that_names_the_field(viewer: APIClient, span: dict[str, str], field: str) -> None:
    answer = viewer.get("/api/v1/schedules/platform/shifts/", span)
    assert answer.status_code == 400
    assert fields_of(answer) == [field]


def test_four_hundred_days_are_answered(viewer: APIClient) -> None:
    answer = viewer.get("/api/v1/schedules/platform/shifts/", {"from": AT, "to": "2027-02-18T09:00:00Z"})
    assert answer.status_code == 200
    assert len(answer.json()["shifts"]) > 100


def test_a_bad_at_is_a_400(viewer: APIClient) -> None:
    assert fields_of(viewer.get("/api/v1/schedules/platform/on-call/", {"at": "now"})) == ["at"]


def test_a_schedule_is_made_as_documents_write_it(manager: APIClient, weekly: dict[str, Any]) -> None:
    answer = manager.post("/api/v1/schedules/", weekly)
    assert answer.status_code == 201
    made = answer.json()
    assert made["slug"] == "data"
    assert made["layers"][0]["members"] == ["ana", ["bo", "cy"]]
    assert made["layers"][0]["rotation"] == {"unit": "weekly", "length": 1, "start": "2026-01-05T16:00:00Z"}
    assert made["declared_gaps"] == [{"from": "2026-12-24T00:00:00Z", "to": "2026-12-26T00:00:00Z", "reason": "closed"}]
    assert made["rest"] == {"max_consecutive_days": 7, "min_gap_days": None, "count": "layer"}
    assert manager.put("/api/v1/schedules/data/", made).json() == made


def test_the_same_layers_again_write_no_history(manager: APIClient, weekly: dict[str, Any]) -> None:
    made = manager.post("/api/v1/schedules/", weekly).json()
    before = LayerMember.history.count(), Layer.history.count()
    assert manager.patch("/api/v1/schedules/data/", {"layers": made["layers"]}).status_code == 200
    assert (LayerMember.history.count(), Layer.history.count()) == before


def test_a_list_given_replaces_the_list_and_keeps_layers_by_name(manager: APIClient, company: cast.Platform) -> None:
    rotation = {"unit": "daily", "start": AT}
    layers = [{"name": "secondary", "rotation": rotation}, {"name": "third", "rotation": rotation, "members": ["cy"]}]
    assert manager.patch("/api/v1/schedules/platform/", {"layers": layers}).status_code == 200
    there = list(company.schedule.layers.order_by("position").values_list("name", "unit"))
    assert there == [("secondary", "daily"), ("third", "daily")]
    assert company.secondary.members.count() == 3, "members left out stay"
    assert company.schedule.layers.get(name="secondary").pk == company.secondary.pk


def test_an_edit_splits_the_running_shift_and_keeps_its_past(manager: APIClient, company: cast.Platform) -> None:
    with time_machine.travel(NOW, tick=False):
        manager.patch("/api/v1/schedules/platform/", {"name": "Platform"})
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        layers = manager.get("/api/v1/schedules/platform/").json()["layers"]
        layers[0]["members"] = ["cy"]
        assert manager.patch("/api/v1/schedules/platform/", {"layers": layers}).status_code == 200
        shifts = manager.get("/api/v1/schedules/platform/shifts/", {"from": AT, "to": "2026-01-14T12:00:00Z"}).json()[
            "shifts"
        ]
    primary = [shift for shift in shifts if shift["layer"] == "primary"]
    assert [(s["person"], s["start"], s["recorded"]) for s in primary] == [
        ("ana", "2026-01-13T09:00:00Z", True),
        ("cy", "2026-01-14T11:00:00Z", True),
    ]


def test_deleting_a_schedule_ends_its_running_shifts_and_keeps_the_past(
    manager: APIClient, company: cast.Platform
) -> None:
    with time_machine.travel(NOW, tick=False):
        manager.patch("/api/v1/schedules/platform/", {"name": "Platform"})
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        assert manager.delete("/api/v1/schedules/platform/").status_code == 204
    assert not Schedule.objects.filter(slug="platform").exists()
    assert {shift.ends_at for shift in Shift.objects.all()} == {NOW + timedelta(hours=2)}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"team": "nobody"}, "team"),
        ({"rest": {"max_consecutive_days": 0}}, "rest.max_consecutive_days"),
        ({"rest": {"count": "any"}}, "rest.count"),
        ({"layers": [{"name": "a"}]}, "layers[0].rotation"),
        ({"layers": [{"name": "a", "rotation": {"start": "2026-01-05T10:00:00"}}]}, "layers[0].rotation.start"),
        ({"layers": [{"name": "a", "rotation": {"start": AT, "length": 0}}]}, "layers[0].rotation.length"),
        ({"layers": [{"name": "a", "rotation": {"start": AT}, "members": ["no one"]}]}, "layers[0].members"),
        ({"layers": [{"name": "a", "rotation": {"start": AT}, "members": [[]]}]}, "layers[0].members"),
        ({"layers": [{"name": "a", "rotation": {"start": AT}}] * 2}, "layers"),
        ({"declared_gaps": [{"from": AT, "to": AT}]}, "declared_gaps[0].to"),
        ({"declared_gaps": [{"from": AT}]}, "declared_gaps[0].to"),
    ],
)
def test_a_bad_schedule_names_the_field_and_changes_nothing(
    manager: APIClient, company: cast.Platform, change: dict[str, Any], field: str
) -> None:
    answer = manager.patch("/api/v1/schedules/platform/", change)
    assert answer.status_code == 400
    assert fields_of(answer) == [field]
    assert company.schedule.layers.count() == 2
