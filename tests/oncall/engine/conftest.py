"""Who hears of it where nobody else can."""

import pytest

from oncall.models import User


@pytest.fixture
def root(db: None) -> User:
    """The superuser, whose address is the fallback where none is set."""
    return User.objects.create_superuser("root", "root@example.org", "correct horse battery")
