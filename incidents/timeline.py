"""The only writer of timeline entries: what happened, in order, never changed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from incidents.models import Incident, TimelineEntry
from oncall import bulk
from oncall.paging import Actor
from oncall.text import plain

MAX_TEXT = 12_000  # a note's 10,000 characters and what we say around it


class NewEntry(NamedTuple):
    """One entry to be written. `at` is when it happened, `recorded_at` when we learned of it; both aware UTC."""

    incident_id: int
    kind: str
    text: str
    at: datetime
    recorded_at: datetime
    actor_id: int | None = None
    actor_name: str = ""
    source: str = TimelineEntry.Source.ENGINE


def add(
    incident: Incident, kind: str, text: str, by: Actor | None, now: datetime, at: datetime | None = None
) -> TimelineEntry:
    """Write one entry (`by` None: the engine); `at` only where it happened before `now`. Save the incident first."""
    new = entry(incident.pk, kind, text, by, now, at)
    row = TimelineEntry.objects.create(**_row(new)._asdict())
    incident.ack_due_at = _push_ack_timeouts([new]).get(incident.pk, incident.ack_due_at)
    return row


def entry(
    incident_id: int, kind: str, text: str, by: Actor | None, now: datetime, at: datetime | None = None
) -> NewEntry:
    """An entry for `add_many`."""
    who = (by.user.pk if by.user else None, by.name, by.source) if by else (None, "", TimelineEntry.Source.ENGINE)
    return NewEntry(incident_id, kind, text, at or now, now, *who)


def add_many(entries: Sequence[NewEntry]) -> None:
    """Write entries of any number of incidents with one bulk insert.

    An entry by a person is a sign of life: it pushes the instant at which an acknowledged incident pages again.
    """
    bulk.insert(TimelineEntry, _COLUMNS, [_row(new) for new in entries])
    _push_ack_timeouts(entries)


_COLUMNS: Final = NewEntry._fields


def _row(new: NewEntry) -> NewEntry:
    return new._replace(text=plain(new.text, MAX_TEXT), actor_name=plain(new.actor_name, 150))


def _by_a_person(new: NewEntry) -> bool:
    """Somebody with a name, or whoever followed the link in a shared channel."""
    return new.actor_id is not None or new.source == TimelineEntry.Source.PHONE


def _push_ack_timeouts(entries: Sequence[NewEntry]) -> dict[int, datetime]:
    seen_at = {new.incident_id: new.recorded_at for new in entries if _by_a_person(new)}
    pushed: dict[int, datetime] = {}
    if not seen_at:
        return pushed
    waiting = Incident.objects.filter(
        pk__in=seen_at, state=Incident.State.ACKNOWLEDGED, severity__ack_timeout_minutes__isnull=False
    )
    for pk, minutes in waiting.values_list("pk", "severity__ack_timeout_minutes"):
        due_at = seen_at[pk] + timedelta(minutes=minutes or 0)
        if Incident.objects.filter(pk=pk, state=Incident.State.ACKNOWLEDGED).update(ack_due_at=due_at):
            pushed[pk] = due_at
    return pushed
