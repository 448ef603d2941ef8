"""Promises of oncall/transports/email.py, kept at a real mail server."""

import email
import email.policy
from dataclasses import replace
from email.message import EmailMessage

import pytest
from pytest_django.fixtures import Settings

from oncall.transports.base import Message
from oncall.transports.email import EmailTransport
from tests.oncall.provider import serving, speaking
from tests.oncall.transports.conftest import Mailbox


@pytest.fixture(autouse=True)
def mail_settings(settings: Settings, mailbox: Mailbox) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mailbox.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.DEFAULT_FROM_EMAIL = "IncidentOps <pages@example.net>"


def received(mailbox: Mailbox) -> EmailMessage:
    [raw] = mailbox.mails
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def text_of(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_a_mail_arrives_with_text_link_and_headers(message: Message, mailbox: Mailbox) -> None:
    receipt = EmailTransport().send(message, timeout=5)
    assert receipt.ok, receipt
    mail = received(mailbox)
    assert mailbox.recipients == ["ana@example.org"]
    assert mail["Subject"] == message.subject
    assert mail["From"] == "IncidentOps <pages@example.net>"
    assert mail["X-Idempotency-Key"] == message.key
    assert mail["Auto-Submitted"] == "auto-generated"
    assert message.link is not None
    assert message.text.splitlines()[1] in text_of(mail, "plain")
    assert message.link in text_of(mail, "plain")
    assert f'href="{message.link}"' in text_of(mail, "html")


def test_a_repeat_has_the_same_message_id_and_another_message_another(message: Message, mailbox: Mailbox) -> None:
    for key in (message.key, message.key, "other"):
        assert EmailTransport().send(replace(message, key=key), timeout=5).ok
    ids = [email.message_from_bytes(raw)["Message-ID"] for raw in mailbox.mails]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].endswith("@example.net>")


def test_what_a_sender_typed_becomes_neither_header_nor_markup(message: Message, mailbox: Mailbox) -> None:
    hostile = replace(
        message,
        subject="Disk full\r\nBcc: bo@example.org\r\n\r\n<b>",
        text="<script>alert(1)</script>\r\n.\r\nMAIL FROM:<x@example.org>\x00\u202e",
        key="k\r\nX-Other: 1",
        link='javascript:alert(1)"',
    )
    assert EmailTransport().send(hostile, timeout=5).ok
    mail = received(mailbox)
    assert mailbox.recipients == ["ana@example.org"]
    assert mail["Bcc"] is None
    assert mail["X-Other"] is None
    assert mail["Subject"] == "Disk full Bcc: bo@example.org <b>"
    html = text_of(mail, "html")
    assert "<script" not in html
    assert "href" not in html
    assert "\nMAIL FROM:<x@example.org>" in text_of(mail, "plain")


def test_a_mailto_address_is_understood(message: Message, mailbox: Mailbox) -> None:
    assert EmailTransport().send(replace(message, to="mailto:ops@example.org"), timeout=5).ok
    assert mailbox.recipients == ["ops@example.org"]


@pytest.mark.parametrize("to", ["ana@example.org, bo@example.org", "ana@example.org\r\nBcc: x@example.org", "ana", ""])
def test_a_bad_address_is_final_and_nothing_is_sent(message: Message, mailbox: Mailbox, to: str) -> None:
    receipt = EmailTransport().send(replace(message, to=to), timeout=5)
    assert (receipt.ok, receipt.retry) == (False, False)
    assert not EmailTransport().accepts(to)
    assert mailbox.mails == []


@pytest.mark.parametrize(
    ("at", "answer", "retry"),
    [
        ("at_recipient", "550 no such user", False),
        ("at_recipient", "450 mailbox busy", True),
        ("at_recipient", "421 going down", True),
        ("at_data", "554 spam", False),
        ("at_data", "451 try later", True),
        ("at_data", "452 disk full", True),
    ],
)
def test_the_mail_servers_4xx_may_pass_and_its_5xx_is_final(
    message: Message, mailbox: Mailbox, at: str, answer: str, retry: bool
) -> None:
    setattr(mailbox, at, answer)
    receipt = EmailTransport().send(message, timeout=5)
    assert (receipt.ok, receipt.retry) == (False, retry)
    assert answer[:3] in receipt.detail


def test_a_slow_mail_server_is_left_at_the_timeout(message: Message, mailbox: Mailbox) -> None:
    mailbox.delay_seconds = 3
    receipt = EmailTransport().send(message, timeout=0.3)
    assert (receipt.ok, receipt.retry) == (False, True)


def test_no_mail_server_may_pass(message: Message, settings: Settings) -> None:
    with serving() as gone:
        settings.EMAIL_PORT = gone.port
    receipt = EmailTransport().send(message, timeout=5)
    assert (receipt.ok, receipt.retry) == (False, True)


@pytest.mark.parametrize("greeting", [b"", b"220 hi\r\n", b"554 go away\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_connection_that_ends_early_may_pass_unless_refused(
    message: Message, settings: Settings, greeting: bytes
) -> None:
    with speaking(lambda peer, over: peer.sendall(greeting)) as port:
        settings.EMAIL_PORT = port
        receipt = EmailTransport().send(message, timeout=5)
    assert (receipt.ok, receipt.retry) == (False, not greeting.startswith(b"554"))


def test_an_invitation_comes_as_an_alternative_with_its_method_and_as_a_file(
    message: Message, mailbox: Mailbox
) -> None:
    calendar = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
    assert EmailTransport().send(replace(message, calendar=calendar), timeout=5).ok
    mail = received(mailbox)
    kinds = {part.get_content_type(): part for part in mail.walk() if not part.is_multipart()}
    assert set(kinds) == {"text/plain", "text/html", "text/calendar", "application/ics"}
    part = kinds["text/calendar"]
    assert (part.get_param("method"), part.get_content_charset()) == ("REQUEST", "utf-8")
    assert "METHOD:REQUEST" in str(part.get_content())
    assert kinds["application/ics"].get_filename() == "invite.ics"
