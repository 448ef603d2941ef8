"""What was accepted is committed, and two drains at once open one incident."""

from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum

from incidents import intake
from incidents.models import Alert, InboxItem, Incident, Integration
from oncall.models import Page
from tests.incidents import alerting
from tests.incidents.alerting import NOW, event, send
from tests.together import at_once, elsewhere, shared_database

pytestmark = pytest.mark.django_db(transaction=True)


def drain_all() -> None:
    while intake.drain(NOW, limit=5):
        pass


def outcome() -> dict[str, Any]:
    return {
        "joined": list(Incident.objects.values_list("alert_count", flat=True)),
        "events": Alert.objects.aggregate(events=Sum("count"))["events"],
        "pages": Page.objects.count(),
        "waiting": InboxItem.objects.exclude(state="done").count(),
    }


def test_two_drains_racing_in_one_grouping_window_open_one_incident(tmp_path: Path) -> None:
    service = alerting.service()
    senders = [alerting.sender(service, name=f"Probe {n}")[0] for n in range(4)]
    for integration in senders:
        for n in range(5):
            send(integration, event(f"k{n}"))
    with shared_database(tmp_path):
        assert at_once(drain_all, drain_all) == [None, None]
        elsewhere(drain_all)
        assert elsewhere(outcome) == {"joined": [20], "events": 20, "pages": 1, "waiting": 0}


def test_what_was_accepted_is_committed(probe: Integration, tmp_path: Path) -> None:
    with shared_database(tmp_path):
        elsewhere(lambda: intake.accept(probe.pk, [event("a")], NOW))
        assert elsewhere(InboxItem.objects.count) == 1


def test_accepting_for_a_deleted_integration_is_refused_not_lost_in_silence() -> None:
    with pytest.raises(intake.UnknownIntegration):
        intake.accept(987654, [event("a")], NOW)
    assert not InboxItem.objects.exists()
