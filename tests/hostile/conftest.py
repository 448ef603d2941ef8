"""The town that everybody attacks."""

import pytest

from tests.hostile.doors import Town, town


@pytest.fixture
def attacked(db: None) -> Town:
    return town()
