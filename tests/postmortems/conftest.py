"""The company whose incidents are learned from."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from incidents import lifecycle
from incidents.models import Incident, Severity
from oncall.paging import Actor
from postmortems import drafting
from postmortems.models import Postmortem
from tests import cast
from tests.cast import NOW


@pytest.fixture
def company(db: None) -> cast.Platform:
    """Ana and Bo respond, Dee commands incidents, Zoe manages; Cy looks on."""
    made = cast.platform()
    groups = {
        "Responder": [made.ana, made.bo],
        "Incident commander": [made.dee],
        "Manager": [made.zoe],
        "Viewer": [made.cy],
    }
    for name, people in groups.items():
        for user in people:
            user.groups.add(Group.objects.get(name=name))
    return made


@pytest.fixture
def resolved(company: cast.Platform) -> Callable[..., Incident]:
    """An incident that Bo resolved an hour after NOW: resolved(level="SEV-1", title="Database down", private=False)."""

    def make(level: str = "SEV-1", title: str = "Database down", lesson: str = "", private: bool = False) -> Incident:
        severity = Severity.objects.get(level=level)
        opening = lifecycle.Opening(
            service_id=company.service.pk,
            severity_id=severity.pk,
            title=title,
            started_at=NOW,
            detected_at=NOW,
            received_at=NOW,
        )
        incident = lifecycle.open_many([opening], NOW)[0]
        by = Actor(company.bo, "Bo", "console")
        lifecycle.acknowledge(incident, by, NOW + timedelta(minutes=5))
        Incident.objects.filter(pk=incident.pk).update(private=private)
        return lifecycle.resolve(incident, by, NOW + timedelta(hours=1), lesson)[0]

    return make


@pytest.fixture
def postmortem(resolved: Callable[..., Incident]) -> Postmortem:
    """A draft, made a minute after the resolve; Bo owns it."""
    return drafting.draft(fresh(resolved()), NOW + timedelta(minutes=61))


def fresh(incident: Incident) -> Incident:
    """As the engine reads it."""
    rows: Any = Incident.objects.select_related("severity", "service__team__lead", "acknowledged_by")
    found: Incident = rows.get(pk=incident.pk)
    return found
