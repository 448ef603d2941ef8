"""Draft, in review, published, closed: who may, what is asked for, and what the actions do to it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from incidents.lifecycle import NotAllowed, Refused
from incidents.models import Incident
from postmortems import actions, publishing
from postmortems.models import Postmortem
from tests import cast
from tests.cast import NOW
from tests.postmortems.writing import LATER, now_of, whole


def test_a_whole_one_goes_from_draft_to_closed_when_its_action_is_done(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    made = whole(postmortem, company.ana)
    made = publishing.publish(made, now_of(company.bo), LATER)
    assert (made.state, made.published_at, made.next_look_at) == ("published", LATER, None)
    action = made.actions.get()
    actions.finish(action, "https://tracker.example.org/1", now_of(company.ana), LATER)
    made.refresh_from_db()
    assert (made.state, made.closed_at) == ("closed", LATER)
    actions.reopen(action, "it came back", now_of(company.ana), LATER)
    made.refresh_from_db()
    assert (made.state, made.closed_at) == ("published", None)
    kinds = list(made.events.values_list("kind", flat=True))
    assert kinds[-6:] == ["held", "published", "action", "closed", "action", "reopened"]


def test_what_is_missing_keeps_it_from_being_published_and_is_named(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    made = publishing.start_review(postmortem, None, LATER)
    with pytest.raises(publishing.NotReady) as refused:
        publishing.publish(made, company.bo, LATER)
    rules = {finding.rule for finding in refused.value.findings}
    assert {"section.summary", "section.root_cause", "section.actions", "review.held"} <= rules
    assert "section.timeline" not in rules, "the facts are there from the beginning"
    assert Postmortem.objects.get().state == "in_review"


def test_a_factor_without_an_action_asks_for_a_waiver_that_somebody_signs(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    made = whole(postmortem, company.ana)
    made.actions.get().factors.clear()
    assert [finding.rule for finding in publishing.missing(made)] == ["factor.action"]
    factor = made.factors.get()
    with pytest.raises(NotAllowed):
        publishing.waive(made, factor, "too dear", now_of(company.ana), LATER)
    publishing.waive(made, factor, "too dear", now_of(company.zoe), LATER)
    assert publishing.missing(made) == []
    factor.refresh_from_db()
    assert factor.waiver_signer == company.zoe


def test_a_meeting_is_scheduled_once_and_may_move(postmortem: Postmortem, company: cast.Platform) -> None:
    by, first = now_of(company.bo), NOW + timedelta(days=1)
    made = publishing.schedule_review(postmortem, first, by, LATER)
    made = publishing.schedule_review(made, first + timedelta(days=1), by, LATER + timedelta(hours=3))
    assert (made.review_at, made.review_scheduled_at) == (first + timedelta(days=1), LATER)
    with pytest.raises(Refused):
        publishing.schedule_review(made, NOW, by, LATER)


def test_a_draft_is_not_published_and_a_published_one_not_twice(postmortem: Postmortem, company: cast.Platform) -> None:
    with pytest.raises(Refused, match="draft"):
        publishing.publish(postmortem, None, LATER)
    made = publishing.publish(whole(postmortem, company.ana), None, LATER)
    with pytest.raises(Refused, match="published"):
        publishing.publish(made, None, LATER)
    reopened = publishing.reopen(made, "a wrong figure", now_of(company.dee), LATER)
    assert (reopened.state, reopened.published_at, reopened.next_look_at) == ("in_review", None, LATER)


def test_who_only_looks_on_moves_nothing(postmortem: Postmortem, company: cast.Platform) -> None:
    cy = now_of(company.cy)
    for verb in (
        lambda: publishing.start_review(postmortem, cy, LATER),
        lambda: publishing.schedule_review(postmortem, LATER + timedelta(days=1), cy, LATER),
        lambda: publishing.hold_review(postmortem, LATER, {}, cy, LATER),
        lambda: publishing.publish(postmortem, cy, LATER),
        lambda: publishing.reopen(postmortem, "why", cy, LATER),
    ):
        with pytest.raises(NotAllowed):
            verb()


def test_a_private_incidents_postmortem_is_there_for_those_on_it_alone(
    resolved: Callable[..., Incident], company: cast.Platform
) -> None:
    from_private = publishing.start_review
    incident = resolved(private=True)
    made = Postmortem.objects.create(number="PM-1", title="t", incident=incident, created_at=NOW, owner=company.bo)
    assert list(Postmortem.objects.visible_to(company.dee)) == []
    assert list(Postmortem.objects.visible_to(company.bo)) == [made]
    with pytest.raises(NotAllowed, match="see"):
        from_private(made, now_of(company.dee), LATER)
    with pytest.raises(Refused, match="may not see"):
        actions.add(made, {"description": "x", "owner": company.ana}, None, LATER)
