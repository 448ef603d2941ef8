"""What the tests of the two commands share."""

from pathlib import Path

import pytest

from tests.incidentops.bare_machine import BareMachine, make


@pytest.fixture
def machine(tmp_path: Path) -> BareMachine:
    return make(tmp_path)
