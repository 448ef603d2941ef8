"""Nothing is allowed but what a test allows; a server on loopback and a name server that answer as told."""

from collections.abc import Iterator

import pytest
from pytest_django.fixtures import Settings

from tests.oncall.provider import Names, Provider, serving


@pytest.fixture(autouse=True)
def nothing_allowed(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = []


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving() as running:
        yield running


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return Names(monkeypatch)
