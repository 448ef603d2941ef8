"""What the engine works on: a page, a provider for every transport, and who hears of it where nobody else can."""

from typing import Any

import pytest

from oncall.engine import recovery
from oncall.models import Page, User
from oncall.transports import REGISTRY
from tests.oncall.engine.dispatching import Provider, new_page


@pytest.fixture
def root(db: None) -> User:
    """The superuser, whose address is the fallback where none is set."""
    return User.objects.create_superuser("root", "root@example.org", "correct horse battery")


@pytest.fixture
def provider(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """What every transport hands its messages to."""
    settings.CONSOLE_TRANSPORT = False
    monkeypatch.setattr(recovery, "_lanes", {})
    made = Provider()
    for name in ("email", "apprise", "console"):
        monkeypatch.setitem(REGISTRY, name, made)
    return made


@pytest.fixture
def page(db: None) -> Page:
    return new_page()
