"""Incidents, alerts, pages and messages as the API shows them."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from incidents import lifecycle
from incidents.models import Alert, Incident, Integration, Severity
from tests import calling, cast
from tests.cast import NOW


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
def commander(company: cast.Platform) -> APIClient:
    return calling.as_member("Incident commander")


@pytest.fixture
def manager(company: cast.Platform) -> APIClient:
    return calling.as_member("Manager")


@pytest.fixture
def events(company: cast.Platform) -> Integration:
    return Integration.objects.create(service=company.service, name="Events", key_prefix="abc", key_digest="d")


@pytest.fixture
def opened(company: cast.Platform, events: Integration) -> Callable[..., Incident]:
    """Open an incident with one alert: opened(title, level="SEV-2", key="disk", private=False, at=NOW)."""

    def make(
        title: str = "Database down",
        level: str = "SEV-2",
        key: str = "disk",
        private: bool = False,
        at: object = NOW,
    ) -> Incident:
        severity = Severity.objects.get(level=level)
        alert = Alert.objects.create(
            integration=events,
            service=company.service,
            dedup_key=key,
            title=title,
            severity=severity,
            labels={"region": "eu"},
            links=[{"href": "https://grafana.example.org/d/1", "text": "Panel"}],
            started_at=at,
            first_seen_at=at,
            last_seen_at=at,
        )
        opening = lifecycle.Opening(
            service_id=company.service.pk,
            severity_id=severity.pk,
            title=title,
            started_at=at,  # type: ignore[arg-type]
            detected_at=at,  # type: ignore[arg-type]
            received_at=at,  # type: ignore[arg-type]
            private=private,
            alerts=[alert],
        )
        incident = lifecycle.open_many([opening], at)[0]  # type: ignore[arg-type]
        alert.incident = incident
        alert.save()
        return incident

    return make
