"""Browsers at the console."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.core.cache import caches
from django.test import Client

from incidentops import console
from oncall.models import User
from tests.postmortems.writing import LATER


@pytest.fixture(autouse=True)
def clock(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    """Two hours after NOW; the engine's light costs nothing."""
    monkeypatch.setattr(console, "ENGINE_LIGHT_SECONDS", 600)
    settings.CONSOLE_TRANSPORT = True
    caches["process"].clear()
    with time_machine.travel(LATER, tick=False) as traveller:
        yield traveller
    caches["process"].clear()


@pytest.fixture
def browser() -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(User.objects.get(pk=user.pk))
        return client

    return sign_in
