"""Who is on call: records win over rules, and edits split what runs at their instant."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oncall import roster
from oncall.engine import shifts
from oncall.models import LayerMember, Override, Schedule, Shift
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


def names(schedule: Schedule, at: datetime) -> list[list[str]]:
    return [[person.username for person in layer.people] for layer in roster.on_call(schedule, at)]


def test_layers_answer_in_order_with_people_and_the_next_change() -> None:
    company = cast.platform()
    primary, secondary = roster.on_call(company.schedule, NOW)
    assert (primary.layer.name, [p.username for p in primary.people]) == ("primary", ["ana"])
    assert [p.username for p in secondary.people] == ["bo"]
    assert primary.until == NOW - DAY + WEEK


def test_leave_passes_the_turn_on_and_an_inactive_person_too() -> None:
    company = cast.platform()
    cast.away(company.ana, NOW - HOUR, NOW + HOUR)
    assert names(company.schedule, NOW)[0] == ["bo"]
    company.bo.is_active = False
    company.bo.save()
    assert names(company.schedule, NOW) == [["cy"], ["cy"]]


def test_a_stored_shift_wins_over_what_would_be_computed_now() -> None:
    company = cast.platform()
    shifts.run(NOW)
    LayerMember.objects.filter(layer=company.primary, user=company.ana).delete()
    assert names(company.schedule, NOW)[0] == ["ana"]
    shifts.settle([company.schedule.pk], NOW + HOUR)
    assert names(company.schedule, NOW)[0] == ["ana"]
    assert names(company.schedule, NOW + HOUR) != names(company.schedule, NOW)


def test_an_edit_splits_a_running_shift_at_its_instant() -> None:
    company = cast.platform()
    shifts.run(NOW)
    with shifts.settled([company.schedule.pk], NOW + HOUR):
        cast.override(company.schedule, NOW, NOW + DAY, add=company.cy, remove=company.ana)
    found = [s for s in roster.shifts(company.schedule, NOW, NOW + 2 * HOUR) if s.layer == "primary"]
    assert [(s.username, s.start, s.end, s.override, s.recorded) for s in found] == [
        ("ana", NOW - DAY, NOW + HOUR, False, True),
        ("cy", NOW + HOUR, NOW + DAY, True, True),
    ]


def test_a_future_override_bends_the_running_shift_and_changes_no_past() -> None:
    company = cast.platform()
    shifts.run(NOW)
    with shifts.settled([company.schedule.pk], NOW + HOUR):
        cast.override(company.schedule, NOW + DAY, NOW + 2 * DAY, add=company.cy, remove=company.ana)
    row = Shift.objects.get(layer=company.primary)
    assert (row.starts_at, row.ends_at) == (NOW - DAY, NOW + DAY)
    found = [s for s in roster.shifts(company.schedule, NOW, NOW + 3 * DAY) if s.layer == "primary"]
    assert [(s.username, s.recorded) for s in found] == [("ana", True), ("cy", False), ("ana", False)]


def test_recording_twice_changes_nothing() -> None:
    company = cast.platform()
    shifts.run(NOW)
    before = list(Shift.objects.order_by("pk").values())
    shifts.settle([company.schedule.pk], NOW)
    shifts.settle([company.schedule.pk], NOW + HOUR)
    assert list(Shift.objects.order_by("pk").values()) == before


def test_shifts_that_began_while_the_recorder_was_away_are_recorded_as_they_were() -> None:
    company = cast.platform()
    shifts.run(NOW)
    shifts.run(NOW + 3 * WEEK)
    primary = Shift.objects.filter(layer=company.primary).order_by("starts_at")
    assert [(s.username, s.starts_at) for s in primary] == [
        (name, NOW - DAY + n * WEEK) for n, name in enumerate(["ana", "bo", "cy", "ana"])
    ]


def test_the_past_reads_the_same_after_the_layer_is_gone() -> None:
    company = cast.platform()
    shifts.run(NOW)
    with shifts.settled([company.schedule.pk], NOW + HOUR):
        company.primary.delete()
    past = Shift.objects.get(layer_name="primary")
    assert (past.username, past.ends_at) == ("ana", NOW + HOUR)


def test_time_under_a_record_is_no_gap() -> None:
    company = cast.platform()
    shifts.run(NOW)
    with shifts.settled([company.schedule.pk], NOW + HOUR):
        Override.objects.create(
            schedule=company.schedule, remove=company.ana, starts_at=NOW, ends_at=NOW + 2 * HOUR, layer=company.primary
        )
    assert [(g.layer, g.start, g.end) for g in roster.gaps(company.schedule, NOW, NOW + DAY)] == [
        ("primary", NOW + HOUR, NOW + 2 * HOUR)
    ]


def test_somebodys_next_shifts_come_soonest_first() -> None:
    company = cast.platform()
    found = roster.next_shifts(company.cy, NOW, limit=2)
    assert [(s.layer, s.start) for s in found] == [("secondary", NOW - DAY + WEEK), ("primary", NOW - DAY + 2 * WEEK)]


def test_many_schedules_cost_no_more_queries_than_one() -> None:
    company = cast.platform()
    with CaptureQueriesContext(
        connection,
    ) as one:
        roster.on_call_many([company.schedule.pk], NOW)
    others = [cast.schedule(f"S{n}", {"primary": [company.ana, company.bo]}) for n in range(10)]
    with CaptureQueriesContext(connection) as many:
        roster.on_call_many([company.schedule.pk, *(s.pk for s in others)], NOW)
    assert len(many) == len(one) <= 10
