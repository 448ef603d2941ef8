"""Promises of oncall/transports/apprise.py and webhook.py, kept at a real HTTP server and a real mail server."""

import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree

import pytest
import requests
from pytest_django.fixtures import Settings

from oncall.logic.addresses import SCHEMES
from oncall.transports import apprise
from oncall.transports.apprise import AppriseTransport
from oncall.transports.base import Message
from tests.oncall.provider import Names, Provider, drip, serving, speaking
from tests.oncall.transports.conftest import Mailbox

TRANSPORT = AppriseTransport()


def test_every_scheme_on_our_list_is_known_to_apprise_and_no_other_is_enabled() -> None:
    library = apprise.load()
    enabled: set[str] = set()
    for plugin in library.Apprise().details()["schemas"]:
        enabled |= {*(plugin["protocols"] or ()), *(plugin["secure_protocols"] or ())}
    assert enabled >= set(SCHEMES)
    for refused in ("syslog://", "rsyslog://127.0.0.1", "apprise://127.0.0.1/token", "mqtt://127.0.0.1/t"):
        assert library.Apprise.instantiate(refused) is None


# --- web hooks, by our own client -------------------------------------------------------------------------------------


def test_a_json_hook_gets_apprises_json_with_our_key(message: Message, provider: Provider) -> None:
    to = f"json://bo:p%40ss@127.0.0.1:{provider.port}/a/b?-x=1&+X-Team=ops&:room=7&format=text"
    receipt = TRANSPORT.send(replace(message, to=to), timeout=5)
    assert receipt.ok, receipt
    [request] = provider.requests
    assert (request.method, request.path) == ("POST", "/a/b?x=1")
    assert json.loads(request.body) == {
        "version": "1.0",
        "title": message.subject,
        "message": f"{message.text}\n\n{message.link}",
        "attachments": [],
        "type": "failure",
        "room": "7",
    }
    assert request.headers["X-Idempotency-Key"] == message.key
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["X-Team"] == "ops"
    assert requests.auth._basic_auth_str("bo", "p@ss") == request.headers["Authorization"]


def test_a_hook_may_rename_our_fields(message: Message, provider: Provider) -> None:
    to = f"json://127.0.0.1:{provider.port}/?:message=msg&:attachments="
    assert TRANSPORT.send(replace(message, to=to, urgency="low"), timeout=5).ok
    body = json.loads(provider.requests[0].body)
    assert set(body) == {"version", "title", "msg", "type"}
    assert body["type"] == "info"


def test_form_and_xml_hooks_get_apprises_shapes(message: Message, provider: Provider) -> None:
    hostile = replace(message, text="a & b <c/> ]]> \ufffe", subject="<t>")
    assert TRANSPORT.send(replace(hostile, to=f"form://127.0.0.1:{provider.port}/"), timeout=5).ok
    assert TRANSPORT.send(replace(hostile, to=f"xml://127.0.0.1:{provider.port}/?:a<b=1"), timeout=5).ok
    form, xml = provider.requests
    fields = parse_qs(form.body.decode())
    assert fields["title"] == ["<t>"]
    assert fields["type"] == ["failure"]
    [notification] = ElementTree.fromstring(xml.body).iter("Notification")
    assert {element.tag for element in notification} == {"Version", "Subject", "Message", "MessageType", "ab"}
    assert notification.findtext("Subject") == "<t>"
    assert "a & b <c/> ]]>" in str(notification.findtext("Message"))


def test_an_address_cannot_change_what_frames_the_request(message: Message, provider: Provider) -> None:
    to = f"json://127.0.0.1:{provider.port}/?+Host=evil.example&+Content-Length=1&+X-Idempotency-Key=1&+Transfer-Encoding=x"
    assert TRANSPORT.send(replace(message, to=to), timeout=5).ok
    [request] = provider.requests
    assert request.headers["Host"] == f"127.0.0.1:{provider.port}"
    assert request.headers["X-Idempotency-Key"] == message.key
    assert "Transfer-Encoding" not in request.headers


@pytest.mark.parametrize(
    ("status", "retry"),
    [(301, False), (400, False), (401, False), (404, False), (408, True), (429, True), (500, True), (503, True)],
)
@pytest.mark.parametrize("scheme", ["json", "ntfy"])
def test_a_provider_that_refuses_is_final_and_one_that_is_busy_is_not(
    message: Message, provider: Provider, scheme: str, status: int, retry: bool
) -> None:
    provider.status, provider.headers = status, {"Retry-After": "7"}
    receipt = TRANSPORT.send(replace(message, to=f"{scheme}://127.0.0.1:{provider.port}/topic"), timeout=5)
    assert not receipt.ok
    if not (scheme == "ntfy" and status < 400):
        assert str(status) in receipt.detail
        assert receipt.retry is retry
    if scheme == "json":
        assert receipt.retry_after == (timedelta(seconds=7) if retry else None)
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    "scheme", ["json", "form", "xml", "ntfy", "gotify", "mmost", "bark", "matrix", "rocket", "signal"]
)
def test_an_internal_host_gets_nothing(message: Message, settings: Settings, provider: Provider, scheme: str) -> None:
    settings.OUTBOUND_ALLOW = []
    for host in ("127.0.0.1", "localhost"):
        to = f"{scheme}://u:p@{host}:{provider.port}/topic1234/token12345"
        receipt = TRANSPORT.send(replace(message, to=to), timeout=5)
        assert (receipt.ok, receipt.retry) == (False, False)
        assert "OUTBOUND_ALLOW" in receipt.detail
    assert provider.requests == []


def test_an_address_off_the_list_gets_nothing(message: Message, provider: Provider) -> None:
    for to in (f"syslog://127.0.0.1:{provider.port}", f"apprise://127.0.0.1:{provider.port}/t", "http://127.0.0.1/"):
        receipt = TRANSPORT.send(replace(message, to=to), timeout=5)
        assert (receipt.ok, receipt.retry) == (False, False)
        assert not TRANSPORT.accepts(to)
    assert provider.requests == []


def test_the_operators_own_hook_is_not_guarded(message: Message, settings: Settings, provider: Provider) -> None:
    settings.OUTBOUND_ALLOW = []
    for scheme in ("json", "ntfy"):
        to = f"{scheme}://127.0.0.1:{provider.port}/topic"
        assert TRANSPORT.send(replace(message, to=to, guarded=False), timeout=5).ok
    assert len(provider.requests) == 2


# --- services, through apprise ----------------------------------------------------------------------------------------


def test_ntfy_gets_a_high_page_with_the_priority_that_rings(message: Message, provider: Provider) -> None:
    to = f"ntfy://127.0.0.1:{provider.port}/topic"
    assert TRANSPORT.send(replace(message, to=to), timeout=5).ok
    assert TRANSPORT.send(replace(message, to=to, urgency="low"), timeout=5).ok
    assert TRANSPORT.send(replace(message, to=f"{to}?priority=low"), timeout=5).ok
    high = json.loads(provider.requests[0].body)
    assert high["title"] == message.subject
    assert str(message.link) in high["message"]
    assert [request.headers.get("X-Priority") for request in provider.requests] == ["max", None, "low"]


def test_two_messages_in_a_row_are_not_throttled(message: Message, provider: Provider) -> None:
    started = time.monotonic()
    for _ in range(3):
        assert TRANSPORT.send(replace(message, to=f"ntfy://127.0.0.1:{provider.port}/topic"), timeout=5).ok
    assert time.monotonic() - started < 10  # apprise's own pauses for ntfy would be 11 s
    assert len(provider.requests) == 3


def test_an_address_with_several_targets_is_refused(message: Message, provider: Provider) -> None:
    receipt = TRANSPORT.send(replace(message, to=f"ntfy://127.0.0.1:{provider.port}/one/two"), timeout=5)
    assert (receipt.ok, receipt.retry) == (False, False)
    assert provider.requests == []


def test_a_redirect_to_another_server_is_not_followed(message: Message, provider: Provider) -> None:
    with serving() as private:
        provider.status, provider.headers = 307, {"Location": f"http://127.0.0.1:{private.port}/"}
        for scheme in ("ntfy", "gotify", "json"):
            to = f"{scheme}://127.0.0.1:{provider.port}/topic1234567890"
            assert not TRANSPORT.send(replace(message, to=to), timeout=5).ok
        assert private.requests == []


def test_a_name_that_turns_internal_after_the_check_is_still_refused(
    message: Message, settings: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOUND_ALLOW = []
    names = Names(monkeypatch)
    names.answers["turning.test"] = [["8.8.8.8"], ["127.0.0.1"]]
    receipt = TRANSPORT.send(replace(message, to=f"ntfy://turning.test:{provider.port}/topic"), timeout=5)
    assert (receipt.ok, receipt.retry) == (False, False)
    assert names.asked.count("turning.test") >= 2, "apprise asked again by itself"
    assert provider.requests == []


def test_a_service_that_does_not_answer_is_left_at_the_timeout_and_may_pass(
    message: Message, settings: Settings
) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with speaking(drip(b"HTTP/1.1 200 OK\r\nX: ", b"a")) as port:
        for scheme in ("ntfy", "gotify"):
            started = time.monotonic()
            receipt = TRANSPORT.send(replace(message, to=f"{scheme}://127.0.0.1:{port}/topic1234"), timeout=0.5)
            assert (receipt.ok, receipt.retry) == (False, True)
            assert time.monotonic() - started < 20


def test_mail_through_a_typed_server_obeys_the_same_rule(
    message: Message, settings: Settings, mailbox: Mailbox
) -> None:
    to = f"mailto://example.org:{mailbox.port}?smtp=127.0.0.1&from=ops@example.org&to=ana@example.org&mode=insecure"
    settings.OUTBOUND_ALLOW = []
    refused = TRANSPORT.send(replace(message, to=to), timeout=5)
    assert (refused.ok, refused.retry) == (False, False)
    assert mailbox.mails == []
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    receipt = TRANSPORT.send(replace(message, to=to), timeout=5)
    assert receipt.ok, receipt
    assert mailbox.recipients == ["ana@example.org"]


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Stands in for the vendors' servers: keeps every request that apprise would make."""
    sent: list[dict[str, Any]] = []

    def request(self: requests.Session, method: str, url: str, **kwargs: Any) -> requests.Response:
        sent.append({"url": url, "redirects": kwargs.get("allow_redirects"), **kwargs})
        answer = requests.Response()
        answer.status_code, answer._content = 200, b"ok"
        return answer

    monkeypatch.setattr(requests.Session, "request", request)
    return sent


DISCORD = "discord://1234567890123456789/" + "a" * 68


def test_a_long_message_is_cut_and_keeps_its_link(message: Message, vendor: list[dict[str, Any]]) -> None:
    receipt = TRANSPORT.send(replace(message, to=DISCORD, text="long " * 5_000), timeout=5)
    assert receipt.ok, receipt
    [sent] = vendor
    content = json.loads(sent["data"])["content"]
    assert len(content) <= 2_000
    assert str(message.link) in content
    assert sent["redirects"] is False


def test_a_text_message_to_a_phone_keeps_its_link(message: Message, vendor: list[dict[str, Any]]) -> None:
    to = f"twilio://AC{'a' * 32}:{'b' * 32}@15551230000/15551230001"
    receipt = TRANSPORT.send(replace(message, to=to, subject="long " * 60, text="<&> " * 5_000), timeout=5)
    assert receipt.ok, receipt
    [sent] = vendor
    assert len(sent["data"]["Body"]) <= 160
    assert str(message.link) in sent["data"]["Body"]


@pytest.mark.parametrize("to", [DISCORD, "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/"])
def test_what_a_sender_typed_rings_no_room_and_is_no_markup(
    message: Message, vendor: list[dict[str, Any]], to: str
) -> None:
    hostile = "@everyone @here <!channel> <@U123> <#C1> <https://evil.example|click>"
    assert TRANSPORT.send(replace(message, to=to, subject=hostile, text=hostile), timeout=5).ok
    body = str(json.loads(vendor[0]["data"]))
    for trick in ("@everyone", "@here", "<!channel", "<@U123", "<#C1"):
        assert trick not in body
    if to.startswith("slack"):
        assert "<https://evil" not in body


def test_a_receipt_shows_no_credentials(message: Message, provider: Provider) -> None:
    for status in (200, 401, 500):
        provider.status = status
        for to in (
            f"json://bo:topsecret@127.0.0.1:{provider.port}/hooksecret",
            f"ntfy://bo:topsecret@127.0.0.1:{provider.port}/hooksecret",
            f"gotify://127.0.0.1:{provider.port}/hooksecret",
            f"nosuch://bo:topsecret@127.0.0.1:{provider.port}/hooksecret",
        ):
            assert "secret" not in TRANSPORT.send(replace(message, to=to), timeout=5).detail
