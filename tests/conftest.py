"""What every test has: no broker, cheap passwords and clients, no deadline in hypothesis."""

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from hypothesis import settings as hypothesis_settings

from incidents import integrations
from tests.shipping import ship

hypothesis_settings.register_profile("incidentops", deadline=None, derandomize=True)
hypothesis_settings.load_profile("incidentops")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--episodes", type=int, default=4, help="how many episodes the walks with a seed play")


@pytest.fixture(scope="session")
def django_db_use_migrations() -> bool:
    """In SQLite's memory the tables come from the models: ten times faster; `architecture` proves it the same."""
    return bool(connection.vendor != "sqlite")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        ship()


@pytest.fixture(autouse=True, scope="session")
def cheap() -> None:
    """A real hash of a password takes half a second; static files would be listed anew for each test client."""
    django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    django_settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def no_nudges(settings: pytest.FixtureRequest) -> None:
    """Tests run the jobs themselves; those that mean the broker switch nudges on."""
    settings.CELERY_NUDGES = False


@pytest.fixture(autouse=True)
def no_remembered_keys() -> None:
    """A key is cached for a second; the next test's database does not know it."""
    integrations.forget_keys()


@pytest.fixture(autouse=True)
def shipped(request: pytest.FixtureRequest) -> None:
    """A test that commits leaves all tables empty; the next such test finds what ships nevertheless."""
    marker = request.node.get_closest_marker("django_db")
    committing = {"transactional_db", "live_server"} & set(request.fixturenames)
    if committing or (marker and marker.kwargs.get("transaction")):
        request.getfixturevalue("transactional_db")
        ship()
