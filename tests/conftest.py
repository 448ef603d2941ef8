"""What every test has: no broker, no patience for slow machines in hypothesis."""

import pytest
from hypothesis import settings as hypothesis_settings

from incidents import integrations

hypothesis_settings.register_profile("incidentops", deadline=None, derandomize=True)
hypothesis_settings.load_profile("incidentops")


@pytest.fixture(autouse=True)
def no_nudges(settings: pytest.FixtureRequest) -> None:
    """Tests run the jobs themselves; those that mean the broker switch nudges on."""
    settings.CELERY_NUDGES = False


@pytest.fixture(autouse=True)
def no_remembered_keys() -> None:
    """A key is cached for a second; the next test's database does not know it."""
    integrations.forget_keys()
