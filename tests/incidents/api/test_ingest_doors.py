"""What a sender meets at the door: its key, its size, its dialect; one statement; nothing that breaks us."""

import io
import json
import logging
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from incidents import intake, integrations
from incidents.api import ingest, receiving
from incidents.models import InboxItem, Integration
from tests import cast
from tests.incidents import alerting

pytestmark = pytest.mark.django_db

ALERT = {"summary": "Disk full on db1", "dedup_key": "disk", "severity": "critical"}


@pytest.fixture
def made() -> tuple[Integration, str]:
    return alerting.sender(cast.service("Checkout"))


@pytest.fixture
def key(made: tuple[Integration, str]) -> str:
    return made[1]


def post(client: Client, path: str, body: Any, key: str = "", **extra: Any) -> Any:
    raw = body if isinstance(body, bytes | str) else json.dumps(body)
    headers = {"HTTP_AUTHORIZATION": f"Token {key}"} if key else {}
    return client.generic("POST", path, raw, **{"content_type": "application/json", **headers, **extra})


def generic(client: Client, body: Any, key: str, **extra: Any) -> Any:
    return post(client, "/api/v1/ingest/generic/", body, key, **extra)


def test_an_accepted_alert_is_a_row_when_202_is_answered(client: Client, made: tuple[Integration, str]) -> None:
    answer = generic(client, ALERT, made[1])
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "errors": []})
    item = InboxItem.objects.get()
    assert (item.integration, item.state, item.signal_count) == (made[0], "pending", 1)
    assert item.signals[0]["title"] == "Disk full on db1"


@pytest.mark.parametrize(
    "path", ["/api/v1/ingest/generic/{key}/", "/api/v1/ingest/generic/{key}"], ids=["slash", "no slash"]
)
def test_the_key_may_be_in_the_address(client: Client, key: str, path: str) -> None:
    assert post(client, path.format(key=key), ALERT).status_code == 202


def test_without_the_slash_and_with_alertmanagers_scheme_it_works_too(client: Client, key: str) -> None:
    answer = post(client, "/api/v1/ingest/generic", ALERT, HTTP_AUTHORIZATION=f"Bearer {key}")
    assert answer.status_code == 202


def test_accepting_makes_exactly_one_query_and_no_read(client: Client, key: str) -> None:
    generic(client, ALERT, key)
    client.cookies["sessionid"] = "a-cookie-that-would-be-looked-up"
    with CaptureQueriesContext(connection) as captured:
        assert generic(client, ALERT, key, HTTP_ACCEPT_ENCODING="gzip").status_code == 202
    assert len(captured) == 1
    assert "INSERT INTO incidents_inboxitem" in captured[0]["sql"]


@pytest.mark.parametrize("header", ["", "Token", "Token wrong", "Basic {key}", "Token {key}x", "{key}", "Token é"])
def test_a_wrong_key_is_401_in_problem_details(client: Client, key: str, header: str) -> None:
    answer = post(client, "/api/v1/ingest/generic/", ALERT, HTTP_AUTHORIZATION=header.format(key=key))
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == "key"
    assert not InboxItem.objects.exists()


@pytest.mark.parametrize("format", ["alertmanager", "heartbeat"])
def test_a_key_of_another_format_is_401(client: Client, key: str, format: str) -> None:
    assert post(client, f"/api/v1/ingest/{format}/{key}/", {}).status_code == 401


def test_a_disabled_or_rotated_key_is_401(client: Client, made: tuple[Integration, str]) -> None:
    integration, key = made
    assert generic(client, ALERT, key).status_code == 202
    integrations.set_enabled(integration, False, alerting.NOW)
    assert generic(client, ALERT, key).status_code == 401
    integrations.set_enabled(integration, True, alerting.NOW)
    fresh = integrations.rotate(integration, alerting.NOW)
    assert generic(client, ALERT, key).status_code == 401
    assert generic(client, ALERT, fresh).status_code == 202


def test_good_events_of_a_batch_are_kept_and_bad_ones_named(client: Client, key: str) -> None:
    answer = generic(client, [ALERT, {"severity": "error"}, 7, {**ALERT, "action": "explode"}], key)
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 1
    assert [(e["index"], e["field"]) for e in answer.json()["errors"]] == [(1, "summary"), (2, ""), (3, "action")]
    assert InboxItem.objects.get().signal_count == 1


def test_none_good_is_400_and_stores_nothing(client: Client, key: str) -> None:
    answer = generic(client, {"severity": "error"}, key)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("summary:")
    assert not InboxItem.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe\x00",
        b"null",
        b'"text"',
        b"[" * 100_000,
        b'{"summary": "' + b"x" * 400_000 + b'"',
        b"<xml/>",
        b"\x00",
    ],
)
def test_hostile_bodies_are_refused_and_never_break(client: Client, key: str, body: bytes) -> None:
    answer = generic(client, body, key)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "body",
    [
        b'{"summary": "nul \\u0000 bidi \\u202e end", "labels": {"a\\u0000": "b\\u0000"}}',
        b'{"summary": "lone \\ud800 surrogate", "values": {"x": 1e999, "y": NaN, "z": ' + b"9" * 5000 + b"}}",
        b'\xef\xbb\xbf{"summary": "byte order mark"}',
        b'{"summary": "deep", "labels": {"a": ' + b"[" * 500 + b"]" * 500 + b"}}",
        b'{"summary": "' + b"long " * 1000 + b'", "links": ["javascript:alert(1)", "https://example.org/"]}',
        b'{"summary": "quote \'; DROP TABLE incidents_alert; --", "dedup_key": "%s %(x)s"}',
    ],
)
def test_strange_bodies_are_taken_harmlessly_and_drained(client: Client, key: str, body: bytes) -> None:
    assert generic(client, body, key).status_code == 202
    assert intake.drain(alerting.NOW) == 1
    item = InboxItem.objects.get()
    assert (item.state, item.error) == ("done", "")
    assert "\x00" not in json.dumps(item.signals) and "\\u0000" not in json.dumps(item.signals)


def test_half_a_mebibyte_is_taken_and_a_byte_more_is_413(client: Client, key: str) -> None:
    def sized(size: int) -> bytes:
        frame = b'{"summary": "x", "source": "%s"}'
        return frame % (b"y" * (size - len(frame) + 2))

    assert len(sized(receiving.LIMIT_BYTES)) == receiving.LIMIT_BYTES
    assert generic(client, sized(receiving.LIMIT_BYTES), key).status_code == 202
    answer = generic(client, sized(receiving.LIMIT_BYTES + 1), key)
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")
    assert InboxItem.objects.count() == 1


def test_a_chunked_body_is_read_and_bounded(client: Client, key: str) -> None:
    def chunked(body: bytes) -> int:
        # As our server hands it over: no length, and a stream that ends by itself.
        environ = {"CONTENT_LENGTH": "", "wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True}
        status: int = generic(client, b"", key, **environ).status_code
        return status

    assert chunked(json.dumps(ALERT).encode()) == 202
    assert chunked(b"[" + b" " * 3_000_000 + b"]") == 413
    assert InboxItem.objects.count() == 1


@pytest.mark.parametrize("length", ["5", "-1", "abc", "9" * 500, "٣"])
def test_a_length_that_lies_is_an_answer_not_a_fault(client: Client, key: str, length: str) -> None:
    answer = generic(client, ALERT, key, CONTENT_LENGTH=length)
    assert answer.status_code in (400, 413)


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/octet-stream", "nonsense"]
)
def test_a_content_type_that_may_hold_json_is_taken(client: Client, key: str, content_type: str) -> None:
    assert generic(client, ALERT, key, content_type=content_type).status_code == 202


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data; boundary=x", "image/png", "text/xml", "application/soap+xml", "text/html"]
)
def test_a_content_type_that_never_is_json_is_415(client: Client, key: str, content_type: str) -> None:
    assert generic(client, ALERT, key, content_type=content_type).status_code == 415


def test_a_compressed_body_is_415(client: Client, key: str) -> None:
    assert generic(client, ALERT, key, HTTP_CONTENT_ENCODING="gzip").status_code == 415
    assert generic(client, ALERT, key, HTTP_CONTENT_ENCODING="identity").status_code == 202


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_other_methods_are_405_without_any_effect(client: Client, key: str, method: str) -> None:
    answer = client.generic(method, f"/api/v1/ingest/generic/{key}/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["/api/v1/ingest/nagios/", "/api/v1/ingest/generic/a/b/c/", "/api/v1/ingest/"])
def test_an_unknown_format_is_404(client: Client, path: str) -> None:
    assert post(client, path, ALERT).status_code == 404


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_without_a_database_it_is_503_and_nothing_is_claimed_to_be_taken(
    client: Client, key: str, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    generic(client, ALERT, key)

    def away(*_: object) -> None:
        raise error("the database is away")

    monkeypatch.setattr(intake.accepting, "_execute", away)
    answer = generic(client, ALERT, key)
    assert (answer.status_code, answer["Retry-After"], answer.json()["accepted"]) == (503, "5", 0)
    integrations.forget_keys()
    monkeypatch.setattr(integrations, "_look_up", away)
    assert generic(client, ALERT, key).status_code == 503
    assert InboxItem.objects.count() == 1


def test_a_fault_of_our_own_is_503_so_that_senders_repeat(
    client: Client, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(receiving.body, "decode", fault)
    assert generic(client, ALERT, key).status_code == 503


def test_no_log_line_holds_a_key(client: Client, key: str, caplog: pytest.LogCaptureFixture, capfd: Any) -> None:
    secret = "s3cret-key-that-nobody-may-read-0"
    with caplog.at_level(logging.DEBUG):
        for path in ("generic/{k}/", "generic/{k}", "nagios/{k}/", "generic/{k}/more/"):
            post(client, "/api/v1/ingest/" + path.format(k=secret), ALERT)
        post(client, f"/api/v1/ingest/generic/{key}/", b"{")
        client.get(f"/api/v1/ingest/generic/{key}/")
    said = caplog.text + "".join(capfd.readouterr())
    assert secret not in said and key not in said


def test_whoever_logs_the_path_later_sees_no_key() -> None:
    request = RequestFactory().post("/api/v1/ingest/generic/the-key-in-the-address/")
    ingest.hide(request, "the-key-in-the-address")
    assert "the-key" not in request.path + request.path_info + request.get_full_path()


# -- Alertmanager ------------------------------------------------------------------------------------------------------
def notification(status: str = "firing", **fields: Any) -> dict[str, Any]:
    alert = {"status": status, "labels": {"alertname": "Slow", "severity": "critical"}, "annotations": {}}
    return {"version": "4", "status": status, "groupKey": "{}:{a}", "alerts": [alert], **fields}


def test_alertmanager_is_answered_202_also_for_an_empty_list_which_stores_nothing(client: Client) -> None:
    _, key = alerting.sender(cast.service("Checkout"), "alertmanager")
    assert post(client, "/api/v1/ingest/alertmanager/", notification(), key).status_code == 202
    assert post(client, "/api/v1/ingest/alertmanager/", notification(alerts=[]), key).status_code == 202
    assert InboxItem.objects.count() == 1
    assert post(client, "/api/v1/ingest/alertmanager/", notification("burning"), key).status_code == 400
    assert post(client, "/api/v1/ingest/alertmanager/", {"status": "firing"}, key).status_code == 400


def test_alertmanagers_alerts_one_by_one_where_the_integration_says_so(client: Client) -> None:
    _, key = alerting.sender(cast.service("Checkout"), "alertmanager", per_alert=True)
    two = notification()
    two["alerts"] = [{**two["alerts"][0], "labels": {"alertname": name}} for name in ("A", "B")]
    post(client, "/api/v1/ingest/alertmanager/", two, key)
    assert InboxItem.objects.get().signal_count == 2


def test_over_its_limit_an_alert_is_still_stored(client: Client) -> None:
    _, key = alerting.sender(cast.service("Checkout"), limit_per_minute=1)
    assert [generic(client, ALERT, key).status_code for _ in range(3)] == [202, 202, 202]
    assert InboxItem.objects.count() == 3


# -- heartbeat ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_any_get_or_post_is_a_ping(client: Client, method: str) -> None:
    _, key = alerting.sender(cast.service("Backup"), "heartbeat", every_minutes=5)
    answer = client.generic(method, f"/api/v1/ingest/heartbeat/{key}/", b"\xff not json", content_type="image/png")
    assert answer.status_code == 202
    assert InboxItem.objects.get().signals[0]["action"] == "resolve"
