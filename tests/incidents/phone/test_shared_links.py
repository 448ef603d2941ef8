"""The page on a phone from a link in a shared channel: it names nobody, and says nothing private."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlparse

import pytest
import time_machine
from django.test import Client

from incidents import lifecycle
from incidents.models import Incident, Severity
from oncall import keys
from oncall.models import Page, User
from oncall.paging import Actor
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db

BY = Actor(None, "test", "engine")


@pytest.fixture
def company() -> cast.Platform:
    return cast.platform()


def declared(company: cast.Platform, private: bool) -> Incident:
    severity = Severity.objects.get(level="SEV-1")
    return lifecycle.declare("Keys were stolen", company.service, BY, NOW, severity=severity, private=private)


def path(incident: Incident, person: User | None) -> str:
    Page.objects.filter(subject=incident.subject).update(
        facts=[{"label": "host", "value": "vault-7"}],
        links=[{"href": "https://wiki.example.org/vault", "text": "Vault"}],
    )
    page = Page.objects.get(subject=incident.subject)
    return urlparse(keys.page_link(page.pk, person.pk if person else None, NOW)).path


def text(path: str) -> str:
    with time_machine.travel(NOW, tick=False):
        return Client().get(path).content.decode()


@pytest.mark.parametrize("word", ["Keys were stolen", "vault-7", "wiki.example.org"])
def test_of_a_private_incident_a_shared_link_says_no_more_than_its_message(company: cast.Platform, word: str) -> None:
    incident = declared(company, private=True)
    shared = text(path(incident, None))
    assert word not in shared
    assert "SEV-1" in shared
    assert word in text(path(incident, company.ana))


def test_of_any_other_it_says_everything(company: cast.Platform) -> None:
    assert "vault-7" in text(path(declared(company, private=False), None))


def test_a_note_from_a_shared_link_is_a_sign_of_life(company: cast.Platform) -> None:
    incident = declared(company, private=False)
    somebody: Any = Actor(None, "somebody in a channel", "phone")
    lifecycle.acknowledge(incident, somebody, NOW)
    lifecycle.note(incident, "Looking.", somebody, NOW + timedelta(minutes=50))
    incident.refresh_from_db()
    assert incident.ack_due_at == NOW + timedelta(minutes=110)
