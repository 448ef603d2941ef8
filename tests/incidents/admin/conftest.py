"""The company at the console: who may what, an incident that runs, and a browser for each person."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.cache import caches

from incidents import lifecycle
from incidents.models import Alert, Incident, Integration, Severity
from tests import cast
from tests.cast import NOW
from tests.incidents.admin.looking import tick


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """Everything happens at NOW, or when a test moves the clock."""
    caches["process"].clear()
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller
    caches["process"].clear()


@pytest.fixture
def company(db: None, settings: Any) -> cast.Platform:
    """Ana and Bo respond, Dee commands, Cy looks on, Zoe sees what is private."""
    settings.CONSOLE_TRANSPORT = True
    made = cast.platform()
    groups = {
        made.ana: "Responder",
        made.bo: "Responder",
        made.dee: "Incident commander",
        made.cy: "Viewer",
        made.zoe: "Security",
    }
    for user, name in groups.items():
        user.groups.add(Group.objects.get(name=name))
    return made


@pytest.fixture
def sev(db: None) -> dict[int, Severity]:
    return {severity.rank: severity for severity in Severity.objects.all()}


@pytest.fixture
def opened(company: cast.Platform, sev: dict[int, Severity]) -> Callable[..., Incident]:
    """Open an incident by an alert: opened(rank=2, title="Checkout is slow", service=None, at=NOW, **opening)."""

    def make(rank: int = 2, title: str = "Checkout is slow", service: Any = None, at: Any = NOW, **more: Any) -> Any:
        opening = lifecycle.Opening(
            service_id=(service or company.service).pk,
            severity_id=sev[rank].pk,
            title=title,
            started_at=at,
            detected_at=at,
            received_at=at,
            **more,
        )
        return lifecycle.open_many([opening], at)[0]

    return make


@pytest.fixture
def incident(opened: Callable[..., Incident]) -> Incident:
    """A SEV-2 on Checkout whose first page went out: Ana was paged."""
    made = opened()
    tick(NOW)
    return made


@pytest.fixture
def alert(company: cast.Platform, sev: dict[int, Severity]) -> Callable[..., Alert]:
    key = Integration.objects.create(service=company.service, name="Events", key_digest="d", last_seen_at=NOW)

    def make(incident: Incident, name: str, **more: Any) -> Alert:
        fields = {
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
