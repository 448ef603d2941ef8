"""Whoever's own future shifts an edit changed gets one message with before and after; nobody else does."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from oncall.engine import shifts
from oncall.models import LayerMember, Notification, User
from tests import cast
from tests.cast import NOW
from tests.configuring import PEOPLE, SCHEDULE, apply

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def company() -> cast.Platform:
    made = cast.platform()
    shifts.run(NOW)
    return made


def told() -> dict[str, str]:
    """Text by username; each once."""
    rows = list(Notification.objects.filter(kind="roster").values_list("person__username", "text"))
    assert len(rows) == len(dict(rows))
    return dict(rows)


def test_a_cover_tells_both_with_before_and_after(company: cast.Platform) -> None:
    with shifts.settled([company.schedule.pk], NOW):
        cast.override(company.schedule, NOW + DAY, NOW + 2 * DAY, add=company.dee, remove=company.ana)
    texts = told()
    assert set(texts) == {"ana", "dee"}
    assert texts["dee"].split("\n\n")[1:] == [
        "Before:\nnot on call in these hours",
        "Now:\n- Platform · primary: Thu 15 Jan 2026 09:00 WET (09:00 UTC) – Fri 16 Jan 2026 09:00 WET (09:00 UTC)",
    ]
    before, after = texts["ana"].split("\n\n")[1:]
    assert before == "Before:\n- Platform · primary: now – Tue 20 Jan 2026 09:00 WET (09:00 UTC)"
    assert after.split("\n")[1:] == [
        "- Platform · primary: now – Thu 15 Jan 2026 09:00 WET (09:00 UTC)",
        "- Platform · primary: Fri 16 Jan 2026 09:00 WET (09:00 UTC) – Tue 20 Jan 2026 09:00 WET (09:00 UTC)",
    ]
    row = Notification.objects.filter(person=company.dee).get()
    assert (row.private, row.urgency, row.link.endswith(reverse("admin:oncall_mine"))) == (True, "low", True)


def test_leave_tells_who_is_away_and_who_stands_in(company: cast.Platform) -> None:
    with shifts.settled([company.schedule.pk], NOW):
        cast.away(company.bo, NOW + 7 * DAY, NOW + 8 * DAY)  # primary next week; of secondary only until then
    assert set(told()) == {"bo", "cy"}


def test_a_rotation_with_another_member_tells_everybody_in_it_and_cuts_the_list(company: cast.Platform) -> None:
    with shifts.settled([company.schedule.pk], NOW):
        LayerMember.objects.create(layer=company.primary, position=1, user=company.zoe)
    assert set(told()) == {"zoe"}
    Notification.objects.all().delete()
    with shifts.settled([company.schedule.pk], NOW):
        company.primary.unit = "daily"
        company.primary.save()
    texts = told()
    assert set(texts) == {"ana", "bo", "cy", "zoe"}
    assert "and " in texts["ana"] and texts["ana"].count("\n- ") <= 20


@pytest.mark.parametrize("field", ["name", "rest_min_gap_days", "handoff_notices"])
def test_what_moves_no_shift_tells_nobody(company: cast.Platform, field: str) -> None:
    with shifts.settled([company.schedule.pk], NOW):
        setattr(company.schedule, field, {"name": "Other", "rest_min_gap_days": 3, "handoff_notices": "60"}[field])
        company.schedule.save(update_fields=[field])
    assert told() == {}


def test_what_is_past_or_takes_nobodys_hours_tells_nobody(company: cast.Platform) -> None:
    with shifts.settled([company.schedule.pk], NOW):
        cast.override(company.schedule, NOW - 9 * DAY, NOW - 8 * DAY, add=company.dee)
        cast.away(company.zoe, NOW, NOW + DAY)
    assert told() == {}


def test_who_has_left_is_told_nothing(company: cast.Platform) -> None:
    with shifts.settled([company.schedule.pk], NOW):
        User.objects.filter(pk=company.ana.pk).update(is_active=False)
    assert "ana" not in told() and "bo" in told()


def test_edits_within_an_edit_are_one_message(company: cast.Platform) -> None:
    with shifts.settled([company.schedule.pk], NOW):
        cast.override(company.schedule, NOW + DAY, NOW + 2 * DAY, add=company.dee)
        with shifts.settled([company.schedule.pk], NOW):
            cast.override(company.schedule, NOW + 3 * DAY, NOW + 4 * DAY, add=company.dee)
    assert told()["dee"].count("\n- ") == 2


def test_an_edit_that_is_undone_within_tells_nobody(company: cast.Platform) -> None:
    with shifts.settled([company.schedule.pk], NOW):
        made = cast.override(company.schedule, NOW + DAY, NOW + 2 * DAY, add=company.dee)
        made.delete()
    assert told() == {}


def test_an_edit_that_fails_tells_nobody_and_the_next_one_does(company: cast.Platform) -> None:
    with pytest.raises(RuntimeError), transaction.atomic(), shifts.settled([company.schedule.pk], NOW):
        cast.override(company.schedule, NOW + DAY, NOW + 2 * DAY, add=company.dee)
        raise RuntimeError
    assert told() == {}
    with shifts.settled([company.schedule.pk], NOW):
        cast.override(company.schedule, NOW + DAY, NOW + 2 * DAY, add=company.dee)
    assert set(told()) == {"dee"}


def test_files_tell_of_an_edit_once_and_of_a_new_schedule_nobody() -> None:
    apply(PEOPLE, SCHEDULE)
    assert told() == {}
    more = "overrides: [{add: ana, layer: primary, from: '2099-01-01T00:00:00Z', to: '2099-01-02T00:00:00Z'}]"
    near = "overrides: [{add: cy, layer: primary, from: '2026-01-15T00:00:00Z', to: '2026-01-16T00:00:00Z'}]"
    apply("schedules: [{name: Platform, " + more + "}]")
    assert told() == {}, "what is further away than 90 days is not spoken of"
    span = "{from: '2026-01-15T00:00:00Z', to: '2026-01-16T00:00:00Z'}"
    away = f"users: [{{username: bo, email: bo@example.org, leave: [{span}]}}]"
    apply("schedules: [{name: Platform, " + near + "}]", away)
    assert set(told()) == {"bo", "ana", "cy"}
