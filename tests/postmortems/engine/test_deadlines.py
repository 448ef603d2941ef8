"""Both clocks, walked with a hand-moved clock: owner, lead, managers; each reminder once, late ones without a burst."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from oncall.models import ContactMethod, Notification, NotificationRule, User
from postmortems import publishing
from postmortems.engine import deadlines
from postmortems.models import Postmortem
from tests import cast
from tests.cast import NOW
from tests.postmortems.writing import whole

RESOLVED = NOW + timedelta(hours=1)
REVIEW_DUE = RESOLVED + timedelta(hours=48)
HOUR = timedelta(hours=1)


def told() -> list[tuple[str, str, str]]:
    """(person, clock, reminder) of each message, as sent."""
    rows = Notification.objects.filter(kind="postmortem", calendar="").select_related("person").order_by("pk")
    return [(str(row.person), *_of(row.key)) for row in rows]


def _of(key: str) -> tuple[str, str]:
    parts = key.split(":")
    return parts[2], parts[4]


def walk(hours: Iterable[float]) -> list[tuple[str, str, str]]:
    """Run the job at these hours after the resolve, and once more; what was sent."""
    for hour in hours:
        deadlines.run(RESOLVED + hour * HOUR)
    deadlines.run(RESOLVED + hour * HOUR)
    return told()


def test_the_review_clock_reminds_the_owner_then_the_lead_then_the_managers(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    Postmortem.objects.update(publish_due_at=None)
    assert walk(range(24)) == []
    assert walk([24]) == [("Bo", "review", "day_before")], "half time of two days is the day before"
    assert walk(range(25, 48))[1:] == []
    assert walk([48])[1:] == [("Bo", "review", "due")]
    assert walk(range(49, 24 * 7, 2))[2:] == [("Dee", "review", "lead"), ("Zoe", "review", "managers")]
    assert Postmortem.objects.get().next_look_at is None


def test_a_scheduled_review_stops_its_clock_and_publishing_the_other(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    publishing.schedule_review(postmortem, RESOLVED + timedelta(days=3), None, RESOLVED + HOUR)
    sent = walk(range(2, 24 * 4))
    assert {clock for _who, clock, _what in sent} == {"publish"}
    publishing.publish(whole(Postmortem.objects.get(), company.ana), None, RESOLVED + 96 * HOUR)
    assert walk(range(97, 24 * 20, 6)) == sent


def test_after_a_week_away_each_audience_hears_once(postmortem: Postmortem, company: cast.Platform) -> None:
    sent = walk([24 * 14])
    assert sorted(sent) == [
        ("Bo", "publish", "due"),
        ("Bo", "review", "due"),
        ("Dee", "publish", "lead"),
        ("Dee", "review", "lead"),
        ("Zoe", "publish", "managers"),
        ("Zoe", "review", "managers"),
    ]


def test_an_owner_without_an_address_is_not_skipped_in_silence(postmortem: Postmortem, company: cast.Platform) -> None:
    NotificationRule.objects.filter(user=company.bo).delete()
    ContactMethod.objects.filter(user=company.bo).delete()
    User.objects.filter(pk=company.bo.pk).update(email="")
    Postmortem.objects.update(publish_due_at=None)
    assert walk([24]) == [("Dee", "review", "day_before")]


def test_while_the_incident_is_open_again_nobody_is_reminded(postmortem: Postmortem) -> None:
    incident = postmortem.incident
    assert incident is not None
    incident.resolved_at = None
    incident.save()
    assert walk(range(1, 200, 4)) == []


def test_times_are_the_readers_with_their_zone_named(postmortem: Postmortem, company: cast.Platform) -> None:
    User.objects.filter(pk=company.bo.pk).update(timezone="Asia/Kolkata")
    walk([24])
    text = Notification.objects.filter(person=company.bo).latest("pk").text
    assert "Fri 16 Jan 2026 15:30 (Asia/Kolkata)" in text
    assert datetime(2026, 1, 16, 10, tzinfo=UTC) == REVIEW_DUE


@pytest.mark.parametrize("private", [True, False])
def test_a_private_incident_is_not_named(postmortem: Postmortem, company: cast.Platform, private: bool) -> None:
    incident = postmortem.incident
    assert incident is not None
    incident.private = private
    incident.save()
    walk([24 * 14])
    rows = Notification.objects.filter(kind="postmortem")
    assert any("Database down" in row.text for row in rows) is not private
    assert {row.private for row in rows} == {private}
    assert ("Dee" in {str(row.person) for row in rows}) is not private, "the lead is not on it"
