"""What pages tell the apps above: the only signal of the project."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.dispatch import Signal


class PageEvent(NamedTuple):
    """Something that happened to a page, in words for a timeline.

    `kind`: paged, unreached, fallback, sent, failed, acknowledged, resolved, held, released, ended or told.
    `source`: console, api, phone, sender, engine or command. `people` are those whom this event paged.
    """

    subject: str
    page_id: int | None
    kind: str
    at: datetime
    actor_id: int | None
    actor_name: str
    source: str
    text: str
    people: tuple[int, ...] = ()


page_event = Signal()


def tell(events: Sequence[PageEvent]) -> None:
    """Send a batch, inside the writing transaction: what a receiver writes is committed or rolled back with it.

    Receivers neither raise, nor send messages, nor lock pages; nothing is sent for an empty batch.
    """
    if events:
        page_event.send(sender=PageEvent, events=list(events))
