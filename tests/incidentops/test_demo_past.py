"""The demo's past: believable on every screen, heard by nobody, and gone with the company."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidentops import demo, demo_past
from incidents import lifecycle
from incidents.models import Alert, Incident, Service, TimelineEntry
from oncall.models import Handoff, Notification, Page
from oncall.paging import Actor
from postmortems import publishing
from postmortems.engine import chase, deadlines, drafts
from postmortems.models import ActionItem, DueMove, Postmortem

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 18, 8, 30, tzinfo=UTC)


@pytest.fixture
def told() -> None:
    demo.make(NOW)
    demo_past.tell(NOW)


def test_eight_weeks_of_incidents_are_over_and_whole(told: None) -> None:
    rows = list(Incident.objects.order_by("opened_at"))
    assert len(rows) >= 20
    assert rows[0].opened_at < NOW - timedelta(weeks=7) < NOW - timedelta(days=3) < rows[-1].opened_at
    for row in rows:
        assert row.state == "closed", row
        moments = [row.opened_at, row.acknowledged_at, row.mitigated_at, row.resolved_at, row.closed_at]
        known = [at for at in moments if at]
        assert known == sorted(known), row
        assert known[-1] < NOW
        assert row.timeline.count() >= 3, row
        assert demo_past.MARK in row.timeline.earliest("at", "id").text
    assert {row.severity.level for row in rows} == {"SEV-1", "SEV-2", "SEV-3", "SEV-4"}


def test_two_postmortems_are_published_and_one_draft_is_late(told: None) -> None:
    full = Postmortem.objects.filter(kind="full")
    published = list(full.filter(state="published"))
    assert len(published) == 2
    assert [publishing.missing(row) for row in published] == [[], []]
    assert all(row.published_at and row.publish_due_at and row.published_at <= row.publish_due_at for row in published)
    draft = full.get(state="draft")
    assert draft.publish_due_at
    assert draft.publish_due_at < NOW
    assert Postmortem.objects.filter(kind="sentence").count() >= 5


def test_actions_are_in_every_state_some_late_some_moved(told: None) -> None:
    rows = ActionItem.objects.all()
    assert {row.status for row in rows} == set(ActionItem.Status.values)
    assert rows.unfinished().filter(due_on__lt=NOW.date()).count() >= 2
    assert {row.action.description for row in DueMove.objects.all()} >= {"Rebuild the two oldest checkout hosts"}
    assert all(row.owner and row.priority and row.due_on for row in rows)


def test_one_handoff_is_signed_and_one_is_not(told: None) -> None:
    signed = [[side.signed_at is not None for side in row.sides.all()] for row in Handoff.objects.order_by("at")]
    assert len(signed) == 2
    assert (all(signed[0]), all(signed[1])) == (True, False)


def test_nobody_is_paged_or_mailed_for_what_is_long_over(told: None) -> None:
    assert not Notification.every.exclude(state="sent").exists()
    assert not Page.every.exclude(state="resolved").exists()
    assert not Alert.objects.filter(resolved_at=None).exists()
    assert not Incident.objects.exclude(ack_due_at=None).exists()


def test_the_engine_finds_what_is_to_be_chased_and_drafts_nothing_anew(told: None) -> None:
    before = Postmortem.objects.count()
    assert drafts.run(NOW) == 0
    deadlines.run(NOW)
    assert Notification.objects.filter(kind="postmortem").exists()
    chase.run(NOW)
    chase.run(NOW + timedelta(days=1))
    assert Notification.objects.filter(kind="digest").exists()
    assert Postmortem.objects.count() == before


def test_every_kind_of_digest_can_be_looked_at_before_the_first_nine_oclock(told: None) -> None:
    rows = Notification.objects.filter(kind="digest", state="sent").exclude(letter="")
    kinds = {row.key.split(":")[1] for row in rows if row.key.startswith("digest:")}
    assert kinds == {"actions", "actions_manager", "actions_escalation"}
    before = rows.count()
    chase.run(NOW)
    assert Notification.objects.filter(kind="digest").count() == before, "the engine does not send them again"


def test_the_next_incident_takes_the_next_number(told: None) -> None:
    service = Service.objects.get(slug="checkout")
    made = lifecycle.declare("Real", service, Actor(None, "somebody", "command"), NOW)
    assert made.number == f"INC-2026-{Incident.objects.count():04d}"
    assert TimelineEntry.objects.filter(incident=made, text__contains="invented").count() == 0


def test_the_past_goes_with_the_company(told: None) -> None:
    counts = demo.remove()
    assert counts["postmortems"] >= 8
    for model in (Incident, Postmortem, ActionItem, Alert, Page, Notification, Handoff, TimelineEntry):
        assert not model._base_manager.exists(), model


@pytest.mark.parametrize(("day", "hour"), [(1, 0), (60, 23), (120, 10), (364, 0)])
def test_it_can_be_told_on_any_day(day: int, hour: int) -> None:
    now = datetime(2026, 1, 1, hour, 5, tzinfo=UTC) + timedelta(days=day)
    demo.make(now)
    demo_past.tell(now)
    assert not Incident.objects.filter(closed_at__gt=now).exists()
    draft = Postmortem.objects.get(kind="full", state="draft")
    assert draft.publish_due_at
    assert draft.publish_due_at < now


def test_it_costs_the_first_start_a_bounded_number_of_statements() -> None:
    demo.make(NOW)
    with CaptureQueriesContext(connection) as queries:
        demo_past.tell(NOW)
    assert len(queries) < 900
