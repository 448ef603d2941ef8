"""The company that the API shows."""

import pytest
from rest_framework.test import APIClient

from tests import calling, cast


@pytest.fixture
def company(db: None) -> cast.Platform:
    return cast.platform()


@pytest.fixture
def viewer(company: cast.Platform) -> APIClient:
    return calling.as_member("Viewer")


@pytest.fixture
def responder(company: cast.Platform) -> APIClient:
    return calling.as_member("Responder")


@pytest.fixture
def manager(company: cast.Platform) -> APIClient:
    return calling.as_member("Manager")
