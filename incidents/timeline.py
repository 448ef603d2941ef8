"""The only writer of timeline entries: what happened, in order, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.models import Incident, TimelineEntry
from oncall.paging import Actor
from oncall.text import plain

MAX_TEXT = 12_000  # a note's 10,000 characters and what we say around it


@dataclass(frozen=True, slots=True)
class NewEntry:
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
    rows, pushed = _write([entry(incident.pk, kind, text, by, now, at)])
    incident.ack_due_at = pushed.get(incident.pk, incident.ack_due_at)
    return rows[0]


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
    _write(entries)


def _write(entries: Sequence[NewEntry]) -> tuple[list[TimelineEntry], dict[int, datetime]]:
    rows = TimelineEntry.objects.bulk_create(
        [
            TimelineEntry(
                incident_id=new.incident_id,
                at=new.at,
                recorded_at=new.recorded_at,
                kind=new.kind,
                actor_id=new.actor_id,
                actor_name=plain(new.actor_name, 150),
                source=new.source,
                text=plain(new.text, MAX_TEXT),
            )
            for new in entries
        ]
    )
    return rows, _push_ack_timeouts({new.incident_id: new.recorded_at for new in entries if _by_a_person(new)})


def _by_a_person(new: NewEntry) -> bool:
    """Somebody with a name, or whoever followed the link in a shared channel."""
    return new.actor_id is not None or new.source == TimelineEntry.Source.PHONE


def _push_ack_timeouts(seen_at: dict[int, datetime]) -> dict[int, datetime]:
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
