"""A small world whose clock is moved by hand: senders post, jobs tick, and a fake provider counts what arrives."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any
from unittest.mock import patch

import orjson
import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from incidents import integrations
from incidents.models import Incident, Integration, Severity
from oncall import keys
from oncall.models import ContactMethod, NotificationRule, Page, User
from tests import cast
from tests.cast import NOW
from tests.oncall.provider import Provider, Request, serving

MINUTE = timedelta(minutes=1)
SHORT = timedelta(seconds=10)


@dataclass(frozen=True)
class Message:
    """What the provider got: to whom, under which idempotency key, and the words."""

    to: str
    key: str
    title: str
    text: str


@dataclass
class World:
    provider: Provider
    company: cast.Platform
    integration: Integration
    key: str
    now: datetime = NOW
    client: Client = field(default_factory=Client)

    def post(self, **event: Any) -> Any:
        """One event at the sender's door, at the world's present instant."""
        return self.send({"summary": "Error rate above 5 %", "dedup_key": "errors", "severity": "critical", **event})

    def send(self, body: Any, key: str = "") -> Any:
        """A whole body, by another integration's key if one is given."""
        path = f"/api/v1/ingest/generic/{key or self.key}/"
        with time_machine.travel(self.now, tick=False):
            return self.client.post(path, body, content_type="application/json")

    def tick(self, after: timedelta = timedelta(0)) -> None:
        """Move the clock and run every job once."""
        self.now += after
        with time_machine.travel(self.now, tick=False):
            call_command("tick", at=self.now.isoformat(), verbosity=0)

    def run(self, until: timedelta, every: timedelta = MINUTE / 2) -> list[tuple[int, str]]:
        """Tick for a span; answers (minute of the span, recipient) of what arrived."""
        start, seen, arrived = self.now, len(self.messages), []
        while self.now - start < until:
            self.tick(every)
            arrived += [(int((self.now - start) / MINUTE), m.to) for m in self.messages[seen:]]
            seen = len(self.messages)
        return arrived

    @contextmanager
    def unsent(self) -> Iterator[None]:
        """Messages are posted and not sent: everything stops between the two."""
        with patch("oncall.engine.dispatch.run", return_value=0):
            yield

    @property
    def messages(self) -> list[Message]:
        """Those about the company: what the audit finds wrong with its policies is a story of its own."""
        every = [_message(request) for request in self.provider.requests]
        return [message for message in every if "] IncidentOps: " not in message.title]

    @property
    def pages(self) -> list[Message]:
        """Messages that ask somebody to come, without "Bo has it"."""
        return [message for message in self.messages if message.key.startswith("page:")]

    def to(self, username: str) -> list[Message]:
        return [message for message in self.messages if message.to == username]

    def phone(self, user: User, act: str, **data: str) -> Any:
        """A button on the phone page, as the person's own link."""
        page = Page.objects.filter(responder=None).latest("pk")
        path = "/p/" + keys.page_link(page.pk, user.pk, self.now).rsplit("/p/", 1)[1]
        with time_machine.travel(self.now, tick=False):
            return Client(enforce_csrf_checks=True).post(path, {"act": act, **data})

    @property
    def incident(self) -> Incident:
        return Incident.objects.get(finding=None)


def _message(request: Request) -> Message:
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = orjson.loads(request.body)
    return Message(request.path.strip("/"), headers.get("x-idempotency-key", ""), body["title"], body["message"])


def hears_by_provider(user: User, port: int) -> None:
    """Replace a person's address by the fake provider's."""
    ContactMethod.objects.filter(user=user).delete()
    method = cast.contact(user, "push", f"json://127.0.0.1:{port}/{user.username}")
    cast.rule(user, method)


@pytest.fixture
def world(db: None, settings: Any) -> Iterator[World]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    settings.ALLOWED_HOSTS = ["*"]
    with serving() as provider:
        settings.FALLBACK_CHANNEL_URL = f"json://127.0.0.1:{provider.port}/fallback"
        company = cast.platform()
        for user in User.objects.all():
            hears_by_provider(user, provider.port)
        # Whom a severity makes aware is another story than whom it pages.
        for severity in Severity.objects.all():
            severity.aware = []
            severity.save()
        integration, key = integrations.create(company.service, "Events", "generic", NOW)
        integrations.forget_keys()
        yield World(provider, company, integration, key)


def mailbox_of(message: Any) -> str:
    """The address part of a To header."""
    return parseaddr(message["To"])[1]


def no_rules(user: User) -> None:
    NotificationRule.objects.filter(user=user).delete()
