"""Two incidents that are one problem."""

import pytest

from incidents import lifecycle
from incidents.models import Incident
from tests import cast
from tests.incidents.lifecycle.playing import SENDER, by, kinds, later, pages, states, texts


def test_merging_moves_everything_and_closes_the_duplicate(company, opened, alert):
    other = cast.service("Search", company.team, company.policy)
    target = opened(rank=2, at=later(5))
    source = opened(rank=2, service=other, at=later(0))
    row = alert(source)
    Incident.objects.filter(pk__in=[source.pk, target.pk]).update(alert_count=1)
    lifecycle.page(source, company.cy, SENDER, later(6))
    closed = lifecycle.merge(source, target, by(company.zoe), later(7))
    assert (closed.state, closed.merged_into, closed.closed_at) == ("closed", target, later(7))
    assert states(source) == ["ended", "ended"]
    row.refresh_from_db()
    assert (row.incident, row.resolved_at) == (target, None)
    target = Incident.objects.get(pk=target.pk)
    assert (target.alert_count, target.started_at) == (2, later(0))
    assert set(target.services.all()) == {company.service, other}
    assert target.responders.filter(person=company.cy).exists()
    assert states(target) == ["open"]
    assert kinds(source)[-1] == kinds(target)[-1] == "merged"


def test_merging_something_worse_raises_what_it_is_merged_into(company, sev, opened):
    source, target = opened(rank=1), opened(rank=3)
    lifecycle.merge(source, target, by(company.zoe), later(1))
    assert Incident.objects.get(pk=target.pk).severity == sev[1]
    assert states(target) == ["ended", "open"]


def test_nothing_is_merged_into_itself_or_into_what_is_over(company, opened):
    first, second = opened(), opened()
    with pytest.raises(lifecycle.Refused) as refused:
        lifecycle.merge(first, first, by(company.zoe), later(1))
    assert (refused.value.field, refused.value.conflict) == ("into", False)
    lifecycle.resolve(second, by(company.zoe), later(1))
    with pytest.raises(lifecycle.Refused) as refused:
        lifecycle.merge(first, second, by(company.zoe), later(2))
    assert refused.value.conflict
    with pytest.raises(lifecycle.Refused):
        lifecycle.merge(second, first, by(company.zoe), later(2))


def test_a_private_incident_is_not_merged_into_a_public_one(company, opened):
    source = lifecycle.set_private(opened(), True, by(company.zoe), later(1))
    with pytest.raises(lifecycle.Refused):
        lifecycle.merge(source, opened(), by(company.zoe), later(2))


def test_a_merged_incident_is_not_reopened(company, opened):
    source, target = opened(), opened()
    lifecycle.merge(source, target, by(company.zoe), later(1))
    with pytest.raises(lifecycle.Refused) as refused:
        lifecycle.reopen(source, "Back", by(company.zoe), later(2))
    assert refused.value.conflict
    assert "Back" not in texts(source)


def test_merging_is_for_commanders_who_see_both(company, opened):
    first, second = opened(), opened()
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.merge(first, second, by(company.ana), later(1))
    lifecycle.set_private(second, True, SENDER, later(1))
    with pytest.raises(lifecycle.NotAllowed):
        lifecycle.merge(first, second, by(company.zoe), later(2))
    assert len(pages(first)) == 1
