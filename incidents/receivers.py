"""What an incident learns from its pages: who was paged, who was not, who has it."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import structlog
from django.db import connection, transaction

from incidents import timeline
from incidents.lifecycle import audience
from incidents.lifecycle.answering import Taken, take
from incidents.models import TimelineEntry
from oncall.signals import PageEvent, page_event

log = structlog.get_logger(__name__)

PREFIX: Final = "incident:"
_Kind = TimelineEntry.Kind
# Held, released, resolved and ended are done to pages by the incident's own verbs, which write them down themselves.
KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "paged": _Kind.PAGED,
        "unreached": _Kind.UNREACHED,
        "fallback": _Kind.FALLBACK,
        "sent": _Kind.SENT,
        "told": _Kind.SENT,
        "failed": _Kind.FAILED,
        "acknowledged": _Kind.ACKNOWLEDGED,
    }
)
# Not the canary, which has no number: its timeline is nobody's.
_KNOWN: Final = "SELECT id, private FROM incidents_incident WHERE number IS NOT NULL AND id"


def connect() -> None:
    """Subscribe to the pager's one signal."""
    page_event.connect(hear, dispatch_uid="incidents.receivers")


def hear(events: Sequence[PageEvent], **_signal: Any) -> None:
    """Write a batch of events to the timelines, inside the transaction that made them.

    Sends nothing and locks no page. Never raises: that a timeline lacks a line must not undo a page.
    """
    try:
        with transaction.atomic():
            _write(events)
    except Exception:
        log.exception("page_events_lost", events=len(events))


def _write(events: Sequence[PageEvent]) -> None:
    told = [(pk, event) for event in events if (pk := _incident(event.subject)) is not None and event.kind in KINDS]
    known = _known(pk for pk, _event in told)
    told = [(pk, event) for pk, event in told if pk in known]
    if not told:
        return
    paged: dict[int, list[int]] = {}
    for pk, event in told:
        paged.setdefault(pk, []).extend(event.people)
    audience.admit(paged, told[0][1].at, private=[pk for pk in paged if known[pk]])
    if taken := [Taken(pk, event.actor_id, event.at) for pk, event in told if event.kind == "acknowledged"]:
        take(taken)
    # Two pages of one incident that one answer stopped are one line.
    timeline.add_many(list(dict.fromkeys(_entry(pk, event) for pk, event in told)))


def _incident(subject: str) -> int | None:
    key = subject.removeprefix(PREFIX)
    return int(key) if subject.startswith(PREFIX) and key.isdecimal() and len(key) < 19 else None


def _known(ids: Iterable[int]) -> dict[int, bool]:
    """Those that there are, and whether each is private. By hand: it is asked with each message that was sent, most
    often of one."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"{_KNOWN} = ANY(%s)", [wanted])
        else:
            cursor.execute(f"{_KNOWN} IN ({', '.join(['%s'] * len(wanted))})", wanted)
        return {pk: bool(private) for pk, private in cursor.fetchall()}


def _entry(incident_id: int, event: PageEvent) -> timeline.NewEntry:
    return timeline.NewEntry(
        incident_id=incident_id,
        kind=KINDS[event.kind],
        text=event.text,
        at=event.at,
        recorded_at=event.at,
        actor_id=event.actor_id,
        actor_name=event.actor_name,
        source=event.source,
    )
