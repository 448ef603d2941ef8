"""Owners who travel: nine o'clock is nine where they are now, and a day's digest comes once."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from oncall.models import Notification, User
from postmortems.engine import chase
from postmortems.models import ActionItem, DigestClock, Postmortem
from tests import cast
from tests.postmortems.writing import LATER, action

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DUE = date(2026, 2, 20)
DAILY = "digest:actions:"
WEEKLY = "digest:actions_manager:"


def moves_to(person: User, zone: str) -> None:
    User.objects.filter(pk=person.pk).update(timezone=zone)


def heard(person: User, about: str = DAILY) -> list[datetime]:
    rows = Notification.objects.filter(person=person, key__startswith=about).order_by("pk")
    return [row.created_at for row in rows]


def hourly(start: datetime, end: datetime) -> None:
    at = start
    while at < end:
        chase.run(at)
        at += HOUR


def owing_every_day(postmortem: Postmortem, owner: User) -> None:
    for offset in range(-3, 6):
        action(postmortem, owner, due_on=DUE + offset * DAY, description=f"a{offset}", priority="P4")


@pytest.mark.parametrize("hour", [0, 8, 10, 21])
@pytest.mark.parametrize(
    ("home", "abroad"),
    [
        ("Europe/Lisbon", "Pacific/Auckland"),
        ("Pacific/Auckland", "Europe/Lisbon"),
        ("Europe/Lisbon", "Pacific/Honolulu"),
        ("America/New_York", "Asia/Kolkata"),
    ],
)
def test_every_day_has_one_digest_and_from_the_first_morning_there_at_nine(
    postmortem: Postmortem, company: cast.Platform, home: str, abroad: str, hour: int
) -> None:
    moves_to(company.ana, home)
    owing_every_day(postmortem, company.ana)
    start, moved = datetime(2026, 2, 18, tzinfo=UTC), datetime(2026, 2, 19, hour, 30, tzinfo=UTC)
    chase.run(start)
    hourly(start + timedelta(minutes=30), moved)
    moves_to(company.ana, abroad)
    ActionItem.objects.update(reminded_on=None)  # each day would ask again, were it not for its key
    hourly(moved, datetime(2026, 2, 22, tzinfo=UTC))
    keys = [row.key for row in Notification.objects.filter(person=company.ana, key__startswith=DAILY)]
    assert len(keys) == len(set(keys))
    there = [at.astimezone(ZoneInfo(abroad)) for at in heard(company.ana) if at >= moved]
    late = [at for at in there if at.hour != 9 and at - moved > HOUR]
    assert late == [], "only what the journey itself skipped comes later than nine, at once"
    days = sorted(date.fromisoformat(key.split(":")[2]) for key in keys)
    assert {after - before for before, after in pairwise(days)} == {DAY}, "no day is left out"


def test_a_morning_that_the_journey_skipped_is_told_at_once(postmortem: Postmortem, company: cast.Platform) -> None:
    owing_every_day(postmortem, company.ana)
    hourly(datetime(2026, 2, 18, tzinfo=UTC), datetime(2026, 2, 18, 22, tzinfo=UTC))
    moves_to(company.ana, "Pacific/Auckland")  # 11:00 of the 19th there
    chase.run(datetime(2026, 2, 18, 22, tzinfo=UTC))
    chase.run(datetime(2026, 2, 18, 22, 1, tzinfo=UTC))
    assert heard(company.ana)[-1] == datetime(2026, 2, 18, 22, tzinfo=UTC)
    assert len(heard(company.ana)) == 2


def test_a_manager_who_travels_has_one_week_on_monday_at_nine(postmortem: Postmortem, company: cast.Platform) -> None:
    action(postmortem, company.ana, due_on=date(2026, 6, 1))
    hourly(datetime(2026, 2, 13, tzinfo=UTC), datetime(2026, 2, 19, tzinfo=UTC))
    moves_to(company.zoe, "Pacific/Auckland")
    hourly(datetime(2026, 2, 19, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))
    there = [at.astimezone(ZoneInfo("Pacific/Auckland")) for at in heard(company.zoe, WEEKLY)]
    assert [f"{at:%m-%d %a %H}" for at in there[1:]] == ["02-23 Mon 09", "03-02 Mon 09"]
    assert len(there) == 3


def test_a_clock_from_before_the_update_learns_its_zone_and_keeps_its_hour(
    postmortem: Postmortem, company: cast.Platform
) -> None:
    action(postmortem, company.ana, due_on=DUE)
    chase.run(LATER)
    before = DigestClock.objects.get(person=company.ana)
    DigestClock.objects.update(zone="")
    chase.run(LATER + HOUR)
    after = DigestClock.objects.get(person=company.ana)
    assert (after.zone, after.daily_at, after.weekly_at) == ("Europe/Lisbon", before.daily_at, before.weekly_at)
