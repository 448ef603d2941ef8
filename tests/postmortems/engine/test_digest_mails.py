"""Both digests through a real SMTP server, read as a mail program reads them; the button of one works."""

import email
import email.policy
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine
from django.test import Client
from pytest_django.fixtures import Settings

from oncall.engine import dispatch
from oncall.models import Notification
from postmortems.engine import chase
from postmortems.models import ActionItem, Postmortem
from tests import cast
from tests.oncall.test_letters import Reader, read
from tests.oncall.transports.conftest import Mailbox, mailbox
from tests.postmortems.writing import LATER, action

__all__ = ["mailbox"]  # a fixture, used by name

MONDAY = datetime(2026, 2, 23, 9, tzinfo=UTC)
DUE = date(2026, 2, 23)


@pytest.fixture(autouse=True)
def mail_settings(settings: Settings, mailbox: Mailbox) -> Iterator[None]:
    settings.CONSOLE_TRANSPORT = False
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mailbox.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.DEFAULT_FROM_EMAIL = "IncidentOps <pages@example.net>"
    settings.SITE_URL = "https://incidents.example.org"
    with time_machine.travel(MONDAY, tick=False):
        yield


def delivered(mailbox: Mailbox) -> dict[str, EmailMessage]:
    """What arrived, by who it is for; each once."""
    chase.run(LATER)
    chase.run(MONDAY)
    dispatch.run(MONDAY)
    dispatch.run(MONDAY + timedelta(minutes=1))
    found = {}
    for raw in mailbox.mails:
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        key = f"{mail['To'].split('@')[0]}: {mail['X-Idempotency-Key'].split(':')[1]}"
        assert key not in found, "exactly once"
        found[key] = mail
    assert not Notification.objects.filter(kind="digest").exclude(state="sent").exists()
    return found


def parts(mail: EmailMessage) -> tuple[str, Reader]:
    """Its text, and what its HTML says."""
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert mail.get_content_type() == "multipart/alternative"
    return plain.get_content(), read(html.get_content())


@pytest.fixture
def owed(postmortem: Postmortem, company: cast.Platform) -> list[ActionItem]:
    given = [
        ("Add an index for the order lookup <b>now</b>", "P1", DUE - timedelta(days=4)),
        ("Alert when the pool is 80 % full", "P2", DUE),
        ("Load test with the new query", "P3", DUE + timedelta(days=7)),
    ]
    return [
        action(postmortem, company.ana, description=words, priority=priority, due_on=due_on)
        for words, priority, due_on in given
    ]


def test_the_owners_digest_arrives_as_text_and_html_and_its_button_works(
    owed: list[ActionItem], company: cast.Platform, mailbox: Mailbox
) -> None:
    mail = delivered(mailbox)["ana: actions"]
    assert mail["Subject"] == "Action items: 1 overdue, 1 due today, 1 coming up"
    assert mail["Importance"] is None
    assert mail["Auto-Submitted"] == "auto-generated"
    text, html = parts(mail)
    shown = " ".join(html.text)
    for words in ("Add an index for the order lookup <b>now</b>", "4 days late", "due today", "P3", "PM-2026-0001"):
        assert words in text
        assert words in shown
    doors = [link for link in html.links if "/l/" in link]
    assert len(doors) == 3
    assert all(door in text for door in doors)
    assert "reader-" not in text + shown
    assert not Notification.objects.filter(text__contains=urlsplit(doors[0]).path).exists(), "no row holds a key"
    path = urlsplit(doors[0]).path
    assert Client().get(path).status_code == 200
    assert Client().post(path, {"evidence": "the plan"}).status_code == 200
    assert [item.status for item in ActionItem.objects.order_by("pk")] == ["done", "open", "open"]
    keep("owner", mail)


def test_the_managers_digest_arrives_as_text_and_html(
    owed: list[ActionItem], company: cast.Platform, mailbox: Mailbox
) -> None:
    mails = delivered(mailbox)
    assert set(mails) == {"ana: actions", "zoe: actions_manager", "zoe: actions_escalation"}
    mail = mails["zoe: actions_manager"]
    assert mail["Subject"] == "Actions this week: 3 open, 1 overdue"
    text, html = parts(mail)
    shown = " ".join(html.text)
    for words in ("Platform", "postmortems late", "done of those due (0 of 1)", "4 days late", "Ana"):
        assert words in text
        assert words in shown
    assert "/l/" not in text
    keep("manager", mail)
    keep("escalation", mails["zoe: actions_escalation"])


def keep(name: str, mail: EmailMessage) -> None:
    """Beside the browser's pictures, where somebody asks for them."""
    html, folder = mail.get_body(("html",)), os.environ.get("PICTURES")
    if folder and html is not None:
        (Path(folder) / f"mail-{name}.html").write_text(html.get_content())
