"""Errors are problem details that name the fields; nothing a caller writes is a 500."""

import pytest
from rest_framework.test import APIClient

from incidents.models import Severity
from tests import cast
from tests.calling import fields_of


def test_a_missing_row_is_a_problem(viewer: APIClient) -> None:
    answer = viewer.get("/api/v1/schedules/nobody/")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 404


def test_an_unknown_address_is_a_problem(db: None) -> None:
    answer = APIClient().get("/api/v1/nothing/at/all/")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_an_unknown_field_is_named(manager: APIClient) -> None:
    answer = manager.post("/api/v1/teams/", {"name": "Data", "colour": "red"})
    assert answer.status_code == 400
    assert fields_of(answer) == ["colour"]


def test_an_unknown_nested_field_is_named_with_its_place(manager: APIClient) -> None:
    layer = {"name": "primary", "rotation": {"start": "2026-01-05T10:00:00Z", "unti": "weekly"}}
    answer = manager.post("/api/v1/schedules/", {"name": "Data", "layers": [layer]})
    assert answer.status_code == 400
    assert fields_of(answer) == ["layers[0].rotation.unti"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[1]",
        b'"text"',
        b"null",
        b"[" * 100_000,
        b'{"name": NaN}',
        b'{"name": "\\u0000"}',
        b'{"name": "\\ud800"}',
        b"\xff\xfe",
        b'{"name": "x", "members": [{"a": 1}]}',
        b'{"name": "x", "members": {"a": 1}}',
        b'{"name": "x", "members": ["\\u0000"]}',
        b'{"name": "x", "lead": 5}',
        b'{"name": "x", "lead": ["ana"]}',
        b'{"name": "x", "working_hours": 5}',
        b'{"name": "x", "working_hours": {"days": ["mon"], "from": "25:00", "to": "1"}}',
        b'{"name": "x", "timezone": "../etc/passwd"}',
    ],
)
def test_a_bad_body_is_a_400(manager: APIClient, body: bytes) -> None:
    answer = manager.generic("POST", "/api/v1/teams/", body, "application/json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_a_body_over_one_mebibyte_is_a_413(manager: APIClient) -> None:
    body = b'{"name": "' + b"x" * 1024 * 1024 + b'"}'
    assert manager.generic("POST", "/api/v1/teams/", body, "application/json").status_code == 413


def test_another_content_type_is_a_415(manager: APIClient) -> None:
    answer = manager.generic("POST", "/api/v1/teams/", b"name=x", "application/x-www-form-urlencoded")
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=x",
        "limit=99999999999999999999",
        "cursor=garbage",
        "search=%00",
        "from_after=yesterday",
        "from_after=2026-01-05T10:00:00",
        "person=%F0%9F%92%A5",
    ],
)
def test_a_bad_query_is_no_500(viewer: APIClient, query: str) -> None:
    assert viewer.get(f"/api/v1/overrides/?{query}").status_code in (200, 400, 404)


@pytest.mark.parametrize("path", ["overrides/99999999999999999999", "overrides/x", "people/%00", "teams/%F0%9F%92%A5"])
def test_a_bad_name_is_a_404(viewer: APIClient, path: str) -> None:
    assert viewer.get(f"/api/v1/{path}/").status_code == 404


def test_an_instant_without_an_offset_is_named(viewer: APIClient) -> None:
    answer = viewer.get("/api/v1/overrides/?from_after=2026-01-05T10:00:00")
    assert answer.status_code == 400
    assert fields_of(answer) == ["from_after"]


def test_a_name_that_is_taken_is_named(manager: APIClient, company: cast.Platform) -> None:
    answer = manager.post("/api/v1/teams/", {"name": "Platform"})
    assert answer.status_code == 400
    assert fields_of(answer) == ["slug"]


def test_what_others_need_is_not_deleted(manager: APIClient, company: cast.Platform) -> None:
    company.service.incidents.create(
        number="INC-2026-0001",
        title="x",
        severity=Severity.objects.get(level="SEV-2"),
        **dict.fromkeys(["started_at", "detected_at", "opened_at"], cast.NOW),
    )
    assert manager.delete("/api/v1/services/checkout/").status_code == 409
