"""How bad it is, as it changes."""

from datetime import UTC, datetime

import pytest

from incidents import lifecycle
from incidents.models import Maintenance, SeverityPolicy
from oncall.models import Notification
from tests import cast
from tests.incidents.lifecycle.playing import SENDER, by, kinds, later, pages, states, texts, waiting_message


def test_a_raise_pages_anew_under_the_new_level(company, sev, opened):
    all_hands = cast.policy("All hands", [(0, [cast.to_team(company.team)])])
    SeverityPolicy.objects.create(service=company.service, severity=sev[1], policy=all_hands)
    incident, _outcome = lifecycle.acknowledge(opened(rank=3), by(company.ana), later(1))
    message = waiting_message(pages(incident)[0], company.bo)
    lifecycle.page(incident, company.cy, SENDER, later(2))
    raised = lifecycle.set_severity(incident, sev[1], "All of it", by(company.ana), later(10))
    assert (raised.state, raised.acknowledged_at, raised.acknowledged_by) == ("triggered", None, None)
    assert raised.declared_at == later(10)
    assert raised.response_due_at == later(15)
    assert states(incident) == ["ended", "open", "open"]
    new = pages(incident)[2]
    assert (new.rank, new.policy.policy, new.due_at) == (1, all_hands, later(10))
    message.refresh_from_db()
    assert message.state == "cancelled"


def test_every_change_is_kept(company, sev, opened):
    incident = opened(rank=3)
    lifecycle.set_severity(incident, sev[1], "", by(company.ana), later(1))
    lifecycle.set_severity(incident, sev[2], "A way round", by(company.bo), later(2))
    changes = [
        (
            change.from_severity.level if change.from_severity else None,
            change.to_severity.level,
            change.by,
            change.reason,
        )
        for change in incident.severity_changes.all()
    ]
    assert changes == [
        (None, "SEV-3", None, ""),
        ("SEV-3", "SEV-1", company.ana, ""),
        ("SEV-1", "SEV-2", company.bo, "A way round"),
    ]
    assert "Severity SEV-1 → SEV-2. A way round" in texts(incident)


def test_the_same_severity_again_changes_nothing(company, sev, opened):
    incident = opened(rank=2)
    lifecycle.set_severity(incident, sev[2], "", by(company.ana), later(1))
    assert incident.severity_changes.count() == 1
    assert states(incident) == ["open"]


def test_lowering_needs_a_reason(company, sev, opened):
    incident = opened(rank=1)
    with pytest.raises(lifecycle.Refused) as refused:
        lifecycle.set_severity(incident, sev[2], " ", by(company.ana), later(1))
    assert refused.value.field == "reason"
    assert incident.severity_changes.count() == 1


def test_lowering_keeps_the_page_and_changes_what_it_says(company, sev, opened):
    incident, _outcome = lifecycle.acknowledge(opened(rank=1), by(company.ana), later(1))
    lowered = lifecycle.set_severity(incident, sev[2], "A way round", by(company.ana), later(2))
    assert lowered.state == "acknowledged"
    assert lowered.ack_due_at is None  # SEV-2 does not time out
    (page,) = pages(incident)
    assert (page.state, page.rank, page.severity_label) == ("acknowledged", 2, "SEV-2")


def test_lowering_to_a_level_that_never_pages_ends_the_page(company, sev, opened):
    incident = opened(rank=1)
    lifecycle.set_severity(incident, sev[4], "One user", by(company.ana), later(2))
    assert states(incident) == ["ended"]


def test_lowering_at_night_lets_the_page_wait_for_the_morning(company, sev, opened):
    night = datetime(2026, 1, 14, 23, tzinfo=UTC)
    incident = opened(rank=1, at=night)
    lowered = lifecycle.set_severity(incident, sev[3], "One region", by(company.ana), night)
    assert lowered.hold_until_at == datetime(2026, 1, 15, 9, tzinfo=UTC)
    assert pages(incident)[0].held_at == night
    assert kinds(incident)[-1] == "held"


def test_raising_a_held_incident_pages_now(company, sev, opened):
    night = datetime(2026, 1, 14, 23, tzinfo=UTC)
    incident = opened(rank=3, at=night)
    raised = lifecycle.set_severity(incident, sev[1], "Worse", by(company.ana), night)
    assert raised.hold_until_at is None
    assert pages(incident)[1].due_at == night


def test_a_raise_in_maintenance_still_waits(company, sev, opened):
    Maintenance.objects.create(service=company.service, starts_at=later(-1), ends_at=later(30))
    raised = lifecycle.set_severity(opened(rank=3), sev[1], "Worse", SENDER, later(5))
    assert raised.hold_until_at == later(30)
    assert [page.due_at for page in pages(raised)] == [None, None]


def test_who_is_to_be_aware_of_the_new_level_is_told(company, sev, opened):
    sev[1].aware = ["zoe"]
    sev[1].save()
    incident = opened(rank=3)
    assert not Notification.objects.filter(key__startswith=f"aware:{incident.pk}:SEV-1").exists()
    lifecycle.set_severity(incident, sev[1], "Worse", SENDER, later(5))
    assert Notification.objects.get(key__startswith=f"aware:{incident.pk}:SEV-1").person == company.zoe


def test_a_resolved_incident_is_judged_anew_without_paging(company, sev, opened):
    incident, _outcome = lifecycle.resolve(opened(rank=3), by(company.ana), later(1))
    judged = lifecycle.set_severity(incident, sev[1], "It was worse", by(company.ana), later(9))
    assert (judged.state, judged.severity) == ("resolved", sev[1])
    assert states(incident) == ["resolved"]


def test_a_closed_incident_keeps_its_severity(company, sev, opened):
    incident = lifecycle.dismiss(opened(), "A test", by(company.ana), later(1))
    with pytest.raises(lifecycle.Refused) as refused:
        lifecycle.set_severity(incident, sev[2], "Why not", by(company.ana), later(2))
    assert refused.value.conflict
