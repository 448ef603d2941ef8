"""A company, and browsers signed in as its people."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import Group
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from incidentops import console
from oncall.models import User
from tests import calling, cast


@pytest.fixture(autouse=True)
def quiet_console(settings: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The engine light is remembered for a whole test, and no test sees another's."""
    monkeypatch.setattr(console, "ENGINE_LIGHT_SECONDS", 600)
    caches["process"].clear()
    settings.STORAGES = {  # type: ignore[attr-defined]
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    yield
    caches["process"].clear()


@pytest.fixture
def company(db: None) -> cast.Platform:
    return cast.platform(timezone.now())


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("root", "root@example.org", "correct horse battery", name="Root")


@pytest.fixture
def signed_in() -> Callable[..., Client]:
    """A client of this person, who is put into these groups first."""

    def sign_in(person: User, *groups: str) -> Client:
        person.groups.set(Group.objects.filter(name__in=groups))
        client = Client()
        client.force_login(person)
        calling.prove(client, person)
        return client

    return sign_in
