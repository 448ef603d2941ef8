"""What most tests of alerts begin with."""

import pytest

from incidents.models import Integration
from tests.incidents import alerting


@pytest.fixture
def probe(db: None) -> Integration:
    """A sender on the service Checkout."""
    return alerting.sender(alerting.service())[0]
