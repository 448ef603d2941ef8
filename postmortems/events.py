"""The only writer of a postmortem's events, and the one way to lock it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from oncall.models import User
from oncall.text import one_line, plain
from postmortems.models import Postmortem, PostmortemEvent

MAX_TEXT = 4_000


@contextmanager
def locked(postmortem: Postmortem) -> Iterator[Postmortem]:
    """Inside one transaction, the postmortem locked and read anew. Raises Postmortem.DoesNotExist.

    On SQLite, which has one writer, the transaction itself is the lock.
    """
    with transaction.atomic():
        rows = Postmortem.objects.select_related("incident", "service__team", "severity", "assessed", "owner")
        yield rows.select_for_update(of=("self",), no_key=True).get(pk=postmortem.pk)


def add(postmortem: Postmortem, kind: str, text: str, by: User | None, now: datetime) -> PostmortemEvent:
    """Write one event, in the caller's transaction (`by` None: the engine)."""
    return PostmortemEvent.objects.create(
        postmortem=postmortem,
        at=now,
        kind=kind,
        actor=by,
        actor_name=one_line(str(by), 150) if by else "",
        text=plain(text, MAX_TEXT),
    )
