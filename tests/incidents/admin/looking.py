"""How the tests of the console look and click."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from incidents.models import Incident
from oncall.engine import dispatch, escalate
from oncall.models import Page, User
from oncall.paging import Actor
from tests.cast import NOW

SENDER = Actor(None, "Events", "sender")


def tick(now: Any) -> None:
    escalate.run(now)
    dispatch.run(now)


def browser(user: User, **kwargs: Any) -> Client:
    client = Client(**kwargs)
    client.force_login(user)
    return client


def address(incident: Incident, verb: str = "change") -> str:
    return reverse(f"admin:incidents_incident_{verb}", args=[incident.pk])


def page_of(incident: Incident) -> Page:
    return Page.objects.filter(subject=incident.subject).latest("pk")


def later(minutes: float) -> Any:
    return NOW + timedelta(minutes=minutes)
