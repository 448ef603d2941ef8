"""Calendar feeds: secret, revocable, exact, and the same event when a shift moves."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client

from oncall import calendars
from oncall.engine import handoffs, shifts
from oncall.logic.ical import Event, calendar
from oncall.models import CalendarEvent, CalendarFeed, Layer, User
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def unfolded(body: bytes) -> list[tuple[str, str]]:
    """(name with parameters, value) of each line; every physical line is checked to be at most 75 octets."""
    physical = body.split(b"\r\n")
    assert physical.pop() == b""
    assert [line for line in physical if len(line) > 75 or b"\n" in line or b"\r" in line] == []
    lines = body.decode().replace("\r\n ", "").split("\r\n")[:-1]
    return [(line.partition(":")[0], line.partition(":")[2]) for line in lines]


def events(body: bytes) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for name, value in unfolded(body):
        if (name, value) == ("BEGIN", "VEVENT"):
            found.append({})
        elif found and name not in ("BEGIN", "END"):
            found[-1].setdefault(name, value)
    return found


def instant(event: dict[str, str], name: str) -> datetime:
    """The instant as a program reads it: a wall clock's first of two."""
    ((key, value),) = [(key, value) for key, value in event.items() if key.split(";")[0] == name]
    if value.endswith("Z"):
        return datetime.strptime(value, "%Y%m%dT%H%M%S%z")
    zone = ZoneInfo(key.partition("TZID=")[2])
    return datetime.strptime(value, "%Y%m%dT%H%M%S").replace(tzinfo=zone).astimezone(UTC)


@pytest.fixture
def company() -> cast.Platform:
    made = cast.platform()
    shifts.run(NOW)
    handoffs.run(NOW)
    for user in User.objects.all():
        user.groups.add(Group.objects.get(name="Viewer"))
    return made


def read(address: str, at: datetime = NOW, **headers: str) -> Any:
    with time_machine.travel(at, tick=False):
        return Client(headers=headers).get(address.removeprefix("http://127.0.0.1:8000"))


def test_my_calendar_has_my_shifts_with_person_schedule_layer_and_exact_instants(company: cast.Platform) -> None:
    answer = read(calendars.make(company.ana, None, NOW))
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    shown = events(answer.content)
    assert shown[0]["SUMMARY"] == "Ana on call: Platform · primary"
    assert "Platform · primary" in shown[0]["DESCRIPTION"] and "Ana" in shown[0]["DESCRIPTION"]
    began = company.primary.start_at
    assert (instant(shown[0], "DTSTART"), instant(shown[0], "DTEND")) == (began, began + 7 * DAY)
    assert {event["SUMMARY"].split()[0] for event in shown} == {"Ana"}
    lines = unfolded(answer.content)
    assert ("REFRESH-INTERVAL;VALUE=DURATION", "PT1H") in lines and ("X-PUBLISHED-TTL", "PT1H") in lines


def test_a_schedules_calendar_is_the_whole_final_schedule(company: cast.Platform) -> None:
    with shifts.settled([company.schedule.pk], NOW):
        cast.override(company.schedule, NOW + DAY, NOW + 2 * DAY, add=company.dee, remove=company.ana)
        cast.away(company.bo, NOW + 8 * DAY, NOW + 9 * DAY)
    handoffs.run(NOW)
    shown = events(read(calendars.make(company.zoe, company.schedule, NOW)).content)
    assert any(e["SUMMARY"].startswith("Dee on call") and instant(e, "DTSTART") == NOW + DAY for e in shown)
    stand_in = [e for e in shown if instant(e, "DTSTART") == NOW + 8 * DAY and "primary" in e["SUMMARY"]]
    assert [e["SUMMARY"].split()[0] for e in stand_in] == ["Cy"]
    assert {event["SUMMARY"].split("· ")[1] for event in shown} == {"primary", "secondary"}


def test_a_shift_that_moves_keeps_its_uid_and_says_so(company: cast.Platform) -> None:
    address = calendars.make(company.ana, None, NOW)
    before = {event["UID"]: event for event in events(read(address).content)}
    later = NOW + HOUR
    with shifts.settled([company.schedule.pk], later):
        for layer in Layer.objects.all():
            layer.start_at += 2 * HOUR
            layer.save()
    handoffs.run(later)
    after = {event["UID"]: event for event in events(read(address).content)}
    moved = {uid for uid in before if uid in after and instant(after[uid], "DTSTART") > NOW}
    assert len(moved) > 10
    for uid in moved:
        assert instant(after[uid], "DTSTART") == instant(before[uid], "DTSTART") + 2 * HOUR
        assert (before[uid]["SEQUENCE"], after[uid]["SEQUENCE"]) == ("0", "1")
        assert after[uid]["LAST-MODIFIED"] == f"{later:%Y%m%dT%H%M%SZ}" != before[uid]["LAST-MODIFIED"]


def test_looking_again_changes_no_event(company: cast.Platform) -> None:
    before = list(CalendarEvent.objects.order_by("pk").values())
    for hours in (1, 24, 24 * 8):
        shifts.run(NOW + hours * HOUR)
        handoffs.run(NOW + hours * HOUR)
    after = {row["id"]: row for row in CalendarEvent.objects.values()}
    assert [row for row in before if after.get(row["id"]) != row] == []


def test_the_past_stays_when_the_schedule_changes(company: cast.Platform) -> None:
    later = NOW + 8 * DAY
    shifts.run(later)
    past = list(CalendarEvent.objects.filter(ends_at__lte=NOW + 6 * DAY).order_by("pk").values())
    assert past
    with shifts.settled([company.schedule.pk], later):
        company.primary.members.filter(user=company.ana).delete()
    handoffs.run(later)
    assert list(CalendarEvent.objects.filter(ends_at__lte=NOW + 6 * DAY).order_by("pk").values()) == past


def test_a_revoked_one_opens_nothing_and_the_secret_is_not_stored(company: cast.Platform) -> None:
    address = calendars.make(company.ana, None, NOW)
    token = address.rpartition("/")[2].removesuffix(".ics")
    feed = CalendarFeed.objects.get()
    assert len(token) == 40 and token not in str(vars(feed)) and token.startswith(feed.prefix)
    assert read(address).status_code == 200
    assert not calendars.revoke(company.bo, feed.pk, NOW)
    assert calendars.revoke(company.ana, feed.pk, NOW)
    assert read(address).status_code == 404
    assert read(address.replace(token[:4], "0000")).status_code == 404


def test_who_has_left_or_may_not_see_schedules_reads_nothing(company: cast.Platform) -> None:
    mine, whole = calendars.make(company.ana, None, NOW), calendars.make(company.ana, company.schedule, NOW)
    company.ana.groups.clear()
    assert (read(mine).status_code, read(whole).status_code) == (200, 404)
    User.objects.filter(pk=company.ana.pk).update(is_active=False)
    assert read(mine).status_code == 404


def test_a_program_that_has_it_already_is_told_so(company: cast.Platform) -> None:
    address = calendars.make(company.ana, None, NOW)
    etag = read(address).headers["ETag"]
    again = read(address, **{"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert Client().post(address.removeprefix("http://127.0.0.1:8000")).status_code == 405


def test_reading_is_noted_at_most_once_an_hour(company: cast.Platform) -> None:
    address = calendars.make(company.ana, None, NOW)
    for minutes, noted in ((0, 0), (30, 0), (60, 60)):
        read(address, NOW + timedelta(minutes=minutes))
        assert CalendarFeed.objects.get().last_used_at == NOW + timedelta(minutes=noted)


def test_nobody_has_more_than_fifty(company: cast.Platform) -> None:
    for _ in range(calendars.MAX_FEEDS):
        calendars.make(company.ana, None, NOW)
    with pytest.raises(calendars.TooManyFeeds):
        calendars.make(company.ana, None, NOW)


def one(start: datetime, hours: float, zone: str, summary: str = "x") -> bytes:
    return calendar("c", [Event("u@x", start, start + hours * HOUR, zone, summary, "", 0, NOW)])


@pytest.mark.parametrize("zone", ["Europe/Lisbon", "America/Chicago", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_instants_are_exact_through_both_nights(zone: str, day: datetime) -> None:
    """Every half hour of both nights, in Chicago a week or two away from its own: read back as it was."""
    for half in range(-24, 96):
        for shifted in (0, -21, 7):  # Europe's nights, and those of the others
            start = day + shifted * DAY + half * HOUR / 2
            (event,) = events(one(start, 1, zone))
            assert (instant(event, "DTSTART"), instant(event, "DTEND")) == (start, start + HOUR)


def test_a_zone_says_every_change_of_the_span() -> None:
    lines = unfolded(one(datetime(2026, 3, 1, tzinfo=UTC), 24 * 300, "Europe/Lisbon"))
    begins = [value for name, value in lines if name == "DTSTART"]
    assert {"20250330T010000", "20251026T020000", "20260329T010000", "20261025T020000"} <= set(begins)
    at = lines.index(("DTSTART", "20260329T010000"))
    assert lines[at - 1 : at + 4] == [
        ("BEGIN", "DAYLIGHT"),
        ("DTSTART", "20260329T010000"),
        ("TZOFFSETFROM", "+0000"),
        ("TZOFFSETTO", "+0100"),
        ("TZNAME", "WEST"),
    ]


def test_words_are_data() -> None:
    (event,) = events(one(NOW, 1, "UTC", "a;b,c\\d\r\nEND:VEVENT\x00\u202e" + "é€😀" * 60))
    assert event["SUMMARY"] == "a\\;b\\,c\\\\d\\nEND:VEVENT" + "é€😀" * 60
