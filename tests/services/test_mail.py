"""A page as a real mail, through SMTP."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.services.ground import Postgres
from tests.services.running import LOOPBACK, free_port, press

pytestmark = pytest.mark.services


class Mailbox:
    """Keeps what it is handed."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content or b"", policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append((list(envelope.rcpt_tos), mail))
        return "250 taken"


@pytest.fixture
def server() -> Iterator[tuple[Mailbox, int]]:
    mailbox, port = Mailbox(), free_port()
    controller = Controller(mailbox, hostname=LOOPBACK, port=port)
    controller.start()
    yield mailbox, port
    controller.stop()


def test_a_page_arrives_as_a_mail(postgres: Postgres, server: tuple[Mailbox, int]) -> None:
    mailbox, port = server
    sender = "IncidentOps <pager@incidents.example.org>"
    with postgres.installation(EMAIL_URL=f"smtp://{LOOPBACK}:{port}", DEFAULT_FROM_EMAIL=sender) as running:
        running.start("web", "paging", "beat")
        running.await_ready()
        # A title that would like to be a header.
        title = "Invoices stopped\r\nBcc: everybody@example.org"
        running.send("services-suite-invoices-key", summary=title, labels={"queue": "<b>42</b>"})
        running.until(lambda: mailbox.mails, 10, "the mail arrives")
        recipients, mail = mailbox.mails[0]
        assert recipients == ["eve@example.org"]
        assert mail["To"] == "eve@example.org"
        assert mail["From"] == sender
        assert "Invoices stopped" in mail["Subject"]
        assert mail["Bcc"] is None
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["X-Idempotency-Key"].startswith("page:")
        assert mail["Message-ID"].endswith("@incidents.example.org>")
        assert mail["Importance"] == "high"
        plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
        assert plain is not None
        assert html is not None
        assert "<b>42</b>" in plain.get_content()
        assert "<b>42</b>" not in html.get_content()
        link = next(word for word in plain.get_content().split() if "/p/" in word)
        assert link in html.get_content()

        assert press(link, "ack").status_code == 303
        assert running.all("incidents/?service=invoices")[0]["acknowledged_by"] == "eve"
        assert len(mailbox.mails) == 1
