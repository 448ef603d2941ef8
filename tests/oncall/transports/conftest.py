"""What the transports' tests share: a message, a provider, a mail server."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from pytest_django.fixtures import Settings

from oncall.transports.base import Message
from tests.oncall.provider import Provider, serving


@pytest.fixture
def message() -> Message:
    return Message(
        key="page-1.step-1.round-1",
        to="ana@example.org",
        subject="SEV-1 Checkout: error rate 12 %",
        text="Checkout fails for every fifth customer.\nSince 14:03 UTC.",
        link="https://incidents.example.org/p/abc/",
        urgency="high",
        person="Ana",
    )


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with serving() as running:
        yield running


@dataclass
class Mailbox:
    """A real mail server on loopback; its answers can be set per command."""

    port: int = 0
    mails: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    at_recipient: str = "250 OK"
    at_data: str = "250 OK"
    delay_seconds: float = 0

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.at_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.at_recipient

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.delay_seconds:
            await asyncio.sleep(self.delay_seconds)
        if self.at_data.startswith("250"):
            self.mails.append(envelope.content)
            self.recipients += envelope.rcpt_tos
        return self.at_data


class _AnyPort(Controller):
    """aiosmtpd's controller, bound to a free port that the system picks."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    controller = _AnyPort(box, hostname="127.0.0.1", port=0)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()
