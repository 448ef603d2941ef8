"""What a calendar program reads in our feeds, by the parser that many of them share."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from oncall import calendars
from oncall.engine import handoffs, shifts
from oncall.logic.ical import Event, calendar
from oncall.models import CalendarEvent, Layer, Schedule
from tests import cast
from tests.cast import NOW

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ZONES = (
    *("Europe/Lisbon", "America/Chicago", "America/St_Johns", "Australia/Lord_Howe"),
    *("Asia/Kathmandu", "Pacific/Auckland", "UTC"),
)


@pytest.mark.django_db
def test_a_whole_feed_is_read_without_errors_and_every_event_as_it_is_stored() -> None:
    company = cast.platform()
    Schedule.objects.update(timezone="Europe/Lisbon")
    Layer.objects.update(timezone="Europe/Lisbon")
    shifts.run(NOW)
    handoffs.run(NOW)
    company.ana.is_superuser = True
    company.ana.save()
    feed = calendars.find(calendars.make(company.ana, company.schedule, NOW).rpartition("/")[2][:-4], NOW)
    assert feed is not None
    read = icalendar.Calendar.from_ical(calendars.body(feed))
    found = {str(event["UID"]).split("@")[0]: event for event in read.walk("VEVENT")}
    stored = {event.uid: event for event in CalendarEvent.objects.filter(schedule=company.schedule)}
    assert found.keys() == stored.keys()
    assert len(found) > 20
    for uid, event in found.items():
        assert event.errors == []
        assert event.decoded("DTSTART").astimezone(UTC) == stored[uid].starts_at
        assert event.decoded("DTEND").astimezone(UTC) == stored[uid].ends_at
        assert int(event["SEQUENCE"]) == stored[uid].sequence
        assert event.decoded("LAST-MODIFIED") == stored[uid].modified_at.replace(microsecond=0)
    assert read.walk("VTIMEZONE")


@pytest.mark.parametrize("zone", ZONES)
def test_our_own_description_of_a_zone_is_as_good_as_the_programs(zone: str) -> None:
    """Every half hour of both nights, by the feed's own VTIMEZONE and by the zone of that name."""
    starts = [
        day + shifted * DAY + half * HOUR / 2
        for day in (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC))
        for shifted in (-21, 0, 7)
        for half in range(-24, 96, 3)
    ]
    events = [Event(f"{n}@x", start, start + HOUR, zone, "x", "", 0, NOW) for n, start in enumerate(starts)]
    read = icalendar.Calendar.from_ical(calendar("c", events))
    described = {str(each["TZID"]): each.to_tz(lookup_tzid=False) for each in read.walk("VTIMEZONE")}
    for event, start in zip(read.walk("VEVENT"), starts, strict=True):
        told = event.decoded("DTSTART")
        assert told.astimezone(UTC) == start
        if described and "TZID" in event["DTSTART"].params:
            wall = told.replace(tzinfo=None, fold=told.fold)
            assert wall.replace(tzinfo=described[event["DTSTART"].params["TZID"]]).utcoffset() == told.utcoffset()
