"""An incident comes to its end, or begins again."""

import pytest

from incidents import lifecycle
from incidents.models import Incident
from tests.incidents.lifecycle.playing import SENDER, by, kinds, later, pages, states, texts, waiting_message


def test_mitigating_stops_the_paging_as_an_acknowledgement_does(company, opened):
    incident = opened()
    mitigated = lifecycle.mitigate(incident, by(company.ana), later(9), "rollback")
    assert (mitigated.state, mitigated.mitigation, mitigated.mitigated_at) == ("mitigated", "rollback", later(9))
    assert mitigated.acknowledged_at == later(9)
    assert Incident.objects.get(pk=incident.pk).ack_due_at is None
    assert states(incident) == ["acknowledged"]
    assert kinds(incident)[-2:] == ["acknowledged", "mitigated"]


def test_mitigating_keeps_who_acknowledged(company, opened):
    incident, _outcome = lifecycle.acknowledge(opened(), by(company.bo), later(1))
    mitigated = lifecycle.mitigate(incident, by(company.ana), later(9))
    assert (mitigated.acknowledged_by, mitigated.acknowledged_at) == (company.bo, later(1))


def test_mitigating_in_an_unknown_way_is_refused(company, opened):
    with pytest.raises(lifecycle.Refused) as refused:
        lifecycle.mitigate(opened(), by(company.ana), later(9), "prayer")
    assert refused.value.field == "kind"


@pytest.mark.parametrize("first", [None, lifecycle.acknowledge, lifecycle.mitigate])
def test_resolving_ends_every_page_from_any_open_state(company, opened, first):
    incident = opened()
    lifecycle.page(incident, company.cy, SENDER, later(1))
    if first:
        first(incident, by(company.ana), later(2))
    message = waiting_message(pages(incident)[1], company.cy)
    resolved, outcome = lifecycle.resolve(incident, by(company.ana), later(3))
    assert (resolved.state, resolved.resolved_at) == ("resolved", later(3))
    assert resolved.ack_due_at is resolved.hold_until_at is None
    assert outcome.cancelled == 1
    assert states(incident) == ["resolved", "resolved"]
    message.refresh_from_db()
    assert message.state == "cancelled"
    assert kinds(incident).count("resolved") == 1


def test_resolving_by_hand_ends_the_alerts_and_says_so(company, opened, alert):
    incident = opened()
    first, second = alert(incident, "one"), alert(incident, "two")
    lifecycle.resolve(incident, by(company.ana), later(3))
    for row in (first, second):
        row.refresh_from_db()
        assert row.resolved_at == later(3)
    assert "2 alerts that were still open count as resolved." in texts(incident)


def test_resolving_twice_is_a_conflict(company, opened):
    incident, _outcome = lifecycle.resolve(opened(), by(company.ana), later(3))
    with pytest.raises(lifecycle.Refused) as refused:
        lifecycle.resolve(incident, by(company.ana), later(4))
    assert refused.value.conflict


def test_reopening_triggers_and_pages_again(company, opened):
    incident, _outcome = lifecycle.resolve(opened(), by(company.ana), later(3))
    again = lifecycle.reopen(incident, "It is back", by(company.bo), later(20))
    assert (again.state, again.reopen_count, again.resolved_at) == ("triggered", 1, None)
    assert again.response_due_at == later(25)
    assert states(incident) == ["resolved", "open"]
    assert pages(incident)[1].due_at == later(20)
    assert "It is back" in texts(incident)


def test_reopening_needs_a_reason_and_something_that_is_over(company, opened):
    incident = opened()
    with pytest.raises(lifecycle.Refused) as refused:
        lifecycle.reopen(incident, " ", by(company.ana), later(1))
    assert refused.value.field == "reason"
    with pytest.raises(lifecycle.Refused) as refused:
        lifecycle.reopen(incident, "Again", by(company.ana), later(1))
    assert refused.value.conflict


def test_a_false_alarm_is_closed_and_pages_nobody(company, opened, alert):
    incident = opened()
    row = alert(incident)
    lifecycle.page(incident, company.cy, SENDER, later(1))
    dismissed = lifecycle.dismiss(incident, "A test", by(company.ana), later(4))
    assert (dismissed.state, dismissed.false_alarm) == ("closed", True)
    assert dismissed.closed_at == dismissed.resolved_at == later(4)
    assert states(incident) == ["ended", "ended"]
    row.refresh_from_db()
    assert row.resolved_at == later(4)
    assert "A test" in texts(incident)


def test_dismissing_needs_a_reason(company, opened):
    incident = opened()
    for reason in ("", "x" * 501):
        with pytest.raises(lifecycle.Refused) as refused:
            lifecycle.dismiss(incident, reason, by(company.ana), later(4))
        assert refused.value.field == "reason"


def test_a_dismissed_incident_that_is_reopened_is_no_false_alarm(company, opened):
    incident = lifecycle.dismiss(opened(), "A test", by(company.ana), later(4))
    again = lifecycle.reopen(incident, "It was none", by(company.ana), later(5))
    assert (again.state, again.false_alarm, again.closed_at) == ("triggered", False, None)


def test_closing_is_for_commanders_and_ends_the_roles(company, opened):
    incident = lifecycle.assign_role(opened(), "commander", company.zoe, by(company.zoe), later(1))
    lifecycle.resolve(incident, by(company.zoe), later(2))
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.close(incident, by(company.ana), later(3))
    closed = lifecycle.close(incident, by(company.zoe), later(3))
    assert (closed.state, closed.closed_at, closed.resolved_at) == ("closed", later(3), later(2))
    assert incident.roles.get().ends_at == later(3)


def test_only_what_is_resolved_is_closed(company, opened):
    with pytest.raises(lifecycle.Refused) as refused:
        lifecycle.close(opened(), by(company.zoe), later(3))
    assert refused.value.conflict
