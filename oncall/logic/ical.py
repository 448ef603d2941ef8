"""iCalendar (RFC 5545, RFC 7986) of shifts: lines, folding, zones."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from oncall.logic.wallclock import changes, utc

OCTETS: Final = 75  # of a line, its break not counted (RFC 5545 §3.1)
REFRESH: Final = "PT1H"


@dataclass(frozen=True, slots=True)
class Event:
    """A shift: instants aware, `zone` the IANA name in which it is written."""

    uid: str
    start: datetime
    end: datetime
    zone: str
    summary: str
    description: str
    sequence: int
    modified_at: datetime


def calendar(name: str, events: Sequence[Event], link: str = "") -> bytes:
    """A whole calendar. Instants keep their wall-clock time and zone; those in UTC, and in the hour that a zone sees
    for the second time, which a wall clock cannot tell, are written in UTC."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//IncidentOps//On call//EN",
        "CALSCALE:GREGORIAN",
        f"NAME:{escaped(name)}",
        f"X-WR-CALNAME:{escaped(name)}",
        f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}",
        f"X-PUBLISHED-TTL:{REFRESH}",
    ]
    for zone in sorted({event.zone for event in events} - {"UTC"}):
        own = [event for event in events if event.zone == zone]
        lines += _zone(zone, min(event.start for event in own), max(event.end for event in own))
    for event in events:
        lines += _event(event, link)
    lines.append("END:VCALENDAR")
    return b"".join(folded(line) for line in lines)


def _event(event: Event, link: str) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{event.uid}"
    yield f"DTSTAMP:{stamp(event.modified_at)}"
    yield f"LAST-MODIFIED:{stamp(event.modified_at)}"
    yield f"SEQUENCE:{event.sequence}"
    yield _instant("DTSTART", event.start, event.zone)
    yield _instant("DTEND", event.end, event.zone)
    yield f"SUMMARY:{escaped(event.summary)}"
    yield f"DESCRIPTION:{escaped(event.description)}"
    if link:
        yield f"URL:{link}"
    yield "STATUS:CONFIRMED"
    yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _instant(name: str, at: datetime, zone: str) -> str:
    local = at.astimezone(ZoneInfo(zone))
    if zone == "UTC" or local.fold:
        return f"{name}:{stamp(at)}"
    return f"{name};TZID={zone}:{local:%Y%m%dT%H%M%S}"


def stamp(at: datetime) -> str:
    """An instant as iCalendar writes UTC."""
    return f"{utc(at):%Y%m%dT%H%M%SZ}"


def _zone(zone: str, first: datetime, last: datetime) -> Iterator[str]:
    """Every change of the offset between a year before the first event and the last one, each spelled out: rules that
    repeat would have to be guessed."""
    zone_info = ZoneInfo(zone)
    since = datetime(first.astimezone(UTC).year - 1, 1, 1, tzinfo=UTC)
    yield "BEGIN:VTIMEZONE"
    yield f"TZID:{zone}"
    offset = since.astimezone(zone_info).utcoffset() or timedelta()
    yield from _observance(zone_info, since, since.replace(tzinfo=None) + offset, offset)
    for year in range(since.year, last.astimezone(UTC).year + 1):
        for change in changes(zone, year):
            naive = change.at.replace(tzinfo=None)
            if change.at > since:
                yield from _observance(zone_info, change.at, change.old_wall, change.old_wall - naive)
    yield "END:VTIMEZONE"


def _observance(zone: ZoneInfo, at: datetime, wall: datetime, before: timedelta) -> Iterator[str]:
    local = at.astimezone(zone)
    kind = "DAYLIGHT" if local.dst() else "STANDARD"
    yield f"BEGIN:{kind}"
    yield f"DTSTART:{wall:%Y%m%dT%H%M%S}"
    yield f"TZOFFSETFROM:{_offset(before)}"
    yield f"TZOFFSETTO:{_offset(local.utcoffset() or timedelta())}"
    yield f"TZNAME:{escaped(local.tzname() or str(zone))}"
    yield f"END:{kind}"


def _offset(offset: timedelta) -> str:
    sign, seconds = "-" if offset < timedelta() else "+", abs(int(offset.total_seconds()))
    rest = f"{seconds % 60:02}" if seconds % 60 else ""
    return f"{sign}{seconds // 3600:02}{seconds // 60 % 60:02}{rest}"


def escaped(text: str) -> str:
    r"""Escaped for a TEXT value; line breaks become \n."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    escaped = lines.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    return "".join(character for character in escaped if character.isprintable())


def folded(line: str) -> bytes:
    """The line and its break, folded at 75 octets and never within a character."""
    return b"\r\n ".join(_pieces(line)) + b"\r\n"


def _pieces(line: str) -> Iterable[bytes]:
    piece, room = b"", OCTETS
    for character in line:
        octets = character.encode()
        if len(piece) + len(octets) > room:
            yield piece
            piece, room = b"", OCTETS - 1  # the space that marks the fold counts
        piece += octets
    yield piece
