"""The company whose incidents the verbs are tried on."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.contrib.auth.models import Group

from incidents import lifecycle
from incidents.models import Alert, Incident, Integration, Service, Severity
from tests import cast
from tests.cast import NOW


@pytest.fixture
def company(db: None) -> cast.Platform:
    """Ana, Bo and Dee respond, Zoe commands; Cy may nothing."""
    made = cast.platform()
    for user in (made.ana, made.bo, made.dee):
        user.groups.add(Group.objects.get(name="Responder"))
    made.zoe.groups.add(Group.objects.get(name="Incident commander"))
    return made


@pytest.fixture
def sev(db: None) -> dict[int, Severity]:
    """The shipped severities by rank."""
    return {severity.rank: severity for severity in Severity.objects.all()}


@pytest.fixture
def opened(company: cast.Platform, sev: dict[int, Severity]) -> Callable[..., Incident]:
    """Open an incident by an alert: opened(rank=1, service=None, at=NOW, title="Database down", **opening)."""

    def make(
        rank: int = 1, service: Service | None = None, at: datetime = NOW, title: str = "Database down", **more: object
    ) -> Incident:
        opening = lifecycle.Opening(
            service_id=(service or company.service).pk,
            severity_id=sev[rank].pk,
            title=title,
            started_at=at,
            detected_at=at,
            received_at=at,
            **more,  # type: ignore[arg-type]
        )
        return lifecycle.open_many([opening], at)[0]

    return make


@pytest.fixture
def alert(company: cast.Platform, sev: dict[int, Severity]) -> Callable[..., Alert]:
    """Store an open alert of an incident."""
    key = Integration.objects.create(service=company.service, name="Events", key_digest="d")

    def make(incident: Incident | None, name: str = "db", **more: object) -> Alert:
        fields: dict[str, object] = {
            "integration": key,
            "service": company.service,
            "incident": incident,
            "dedup_key": name,
            "title": f"{name} is down",
            "severity": sev[3],
            "started_at": NOW,
            "first_seen_at": NOW,
            "last_seen_at": NOW,
        }
        return Alert.objects.create(**{**fields, **more})

    return make
