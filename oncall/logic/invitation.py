"""Invitations to a meeting (iTIP, RFC 5546) as one mail's calendar part."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from oncall.logic.ical import escaped, folded, stamp

Method = Literal["REQUEST", "CANCEL"]
MOST_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class Guest:
    """`address` is a plain mail address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """`uid` stays while the meeting moves, `sequence` rises; `told_at` is when this was written (both RFC 5545). The
    answers go to `organizer`; `sender` is who sends for them."""

    uid: str
    sequence: int
    told_at: datetime
    start: datetime
    length: timedelta
    summary: str
    description: str
    place: str
    link: str
    organizer: Guest
    sender: str
    guests: Sequence[Guest]


def invitation(meeting: Meeting, method: Method) -> bytes:
    """REQUEST invites, and tells of a change to who was invited; CANCEL takes it back. Instants are in UTC, which every
    calendar shows in its owner's zone."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//IncidentOps//Reviews//EN",
        "CALSCALE:GREGORIAN",
        f"METHOD:{method}",
        *_event(meeting, method),
        "END:VCALENDAR",
    ]
    return b"".join(folded(line) for line in lines)


def _event(meeting: Meeting, method: Method) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{meeting.uid}"
    yield f"SEQUENCE:{meeting.sequence}"
    yield f"DTSTAMP:{stamp(meeting.told_at)}"
    yield f"DTSTART:{stamp(meeting.start)}"
    yield f"DTEND:{stamp(meeting.start + meeting.length)}"
    yield f"SUMMARY:{escaped(meeting.summary)}"
    yield f"DESCRIPTION:{escaped(meeting.description)}"
    if meeting.place:
        yield f"LOCATION:{escaped(meeting.place)}"
    yield f"URL:{meeting.link}"
    sent_by = "" if meeting.sender == meeting.organizer.address else f';SENT-BY="mailto:{_plain(meeting.sender)}"'
    yield f"ORGANIZER;CN={_quoted(meeting.organizer.name)}{sent_by}:mailto:{_plain(meeting.organizer.address)}"
    asked = ";PARTSTAT=NEEDS-ACTION;RSVP=TRUE" if method == "REQUEST" else ""
    for guest in meeting.guests:
        yield f"ATTENDEE;CN={_quoted(guest.name)};ROLE=REQ-PARTICIPANT{asked}:mailto:{_plain(guest.address)}"
    yield f"STATUS:{'CONFIRMED' if method == 'REQUEST' else 'CANCELLED'}"
    yield "TRANSP:OPAQUE"
    yield "END:VEVENT"


def _quoted(name: str) -> str:
    """A parameter's value: no quotation marks within (RFC 5545 §3.1)."""
    kept = "".join(character for character in name if character.isprintable() and character != '"')
    return f'"{kept[:MOST_NAME]}"'


def _plain(address: str) -> str:
    return "".join(character for character in address if character.isprintable() and character not in ' "<>')
