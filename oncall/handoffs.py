"""Handoffs as people meet them: reading what is to be signed, signing it, and the links that lead there."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils.crypto import constant_time_compare

from oncall import keys
from oncall.models import HandoffSide, User
from oncall.text import plain

LINK_PURPOSE: Final = "handoff"
LINK_LIFETIME: Final = timedelta(days=30)
RETRY: Final = timedelta(minutes=5)
MAX_NOTE: Final = 4_000
# Older unsigned handoffs are not spoken of any more.
REMEMBERED: Final = timedelta(days=14)

MOST: Final = 20  # of each kind on a page

_STAMP_DIGITS: Final = 16


def sides() -> "QuerySet[HandoffSide]":
    """Every part of a person in a handoff that stands, with all of the handoff."""
    return _whole(_standing())


def unsigned(now: datetime) -> "QuerySet[HandoffSide]":
    """Parts of people who are here, in handoffs of the past two weeks, that they did not sign; the newest first."""
    rows = _standing().filter(signed_at=None, person__is_active=True, handoff__at__lte=now)
    return rows.filter(handoff__at__gt=now - REMEMBERED).order_by("-handoff__at", "pk")


def ahead_or_unsigned(person: User, now: datetime) -> list[HandoffSide]:
    """What a person's own page shows: of the past what they did not sign, and what comes."""
    own = _whole(_standing().filter(person=person))
    coming = own.filter(handoff__at__gt=now).order_by("handoff__at", "pk")
    return [*_whole(unsigned(now).filter(person=person))[:MOST], *coming[:MOST]]


def _standing() -> "QuerySet[HandoffSide]":
    # Without its layer nobody hands over anything.
    rows = HandoffSide.objects.filter(handoff__withdrawn_at=None, handoff__layer__isnull=False, person__isnull=False)
    return rows.select_related("person", "handoff__schedule")


def _whole(rows: "QuerySet[HandoffSide]") -> "QuerySet[HandoffSide]":
    return rows.prefetch_related(Prefetch("handoff__sides", queryset=HandoffSide.objects.select_related("person")))


@transaction.atomic
def sign(side_id: int, note: str | None, now: datetime) -> HandoffSide:
    """The person has handed over, or taken over. `note` replaces theirs; None leaves it. Signing again keeps the first
    instant. Raises HandoffSide.DoesNotExist where the handoff is withdrawn or the person gone."""
    side = HandoffSide.objects.select_for_update(of=("self",)).get(
        pk=side_id, handoff__withdrawn_at=None, person__isnull=False
    )
    _write(side, note, now)
    side.signed_at = side.signed_at or now
    if side.side == HandoffSide.Side.OUTGOING:
        side.due_at = None
    side.save(update_fields=["note", "note_at", "signed_at", "due_at"])
    return side


@transaction.atomic
def write_note(side_id: int, note: str, now: datetime) -> HandoffSide:
    """Keep the note without signing yet. Raises HandoffSide.DoesNotExist, as `sign`."""
    side = HandoffSide.objects.select_for_update(of=("self",)).get(
        pk=side_id, handoff__withdrawn_at=None, person__isnull=False
    )
    _write(side, note, now)
    side.save(update_fields=["note", "note_at"])
    return side


def _write(side: HandoffSide, note: str | None, now: datetime) -> None:
    if note is None or side.side != HandoffSide.Side.OUTGOING:
        return
    clean = plain(note, MAX_NOTE).strip()
    if clean != side.note:
        side.note, side.note_at = clean, now


def notes_for(side: HandoffSide) -> list[HandoffSide]:
    """What those who hand over wrote: at this handoff, or, after a hole, at the last one of the layer before it."""
    own = [each for each in side.handoff.sides.all() if each.side == HandoffSide.Side.OUTGOING]
    if own:
        return [each for each in own if each.note]
    earlier = HandoffSide.objects.filter(
        handoff__layer=side.handoff.layer_id, handoff__at=side.handoff.began_at, handoff__withdrawn_at=None
    )
    return list(earlier.filter(side=HandoffSide.Side.OUTGOING).exclude(note="").select_related("person"))


def counterparts(side: HandoffSide) -> list[HandoffSide]:
    """Those on the other side."""
    return [each for each in side.handoff.sides.all() if each.side != side.side]


def names(rows: Iterable[HandoffSide]) -> str:
    return ", ".join(str(each.person or each.username) for each in rows)


def link(side: HandoffSide, now: datetime) -> str:
    """The address of /l/<token>/ for this part; it holds for 30 days and dies with the handoff."""
    return keys.signed_link(LINK_PURPOSE, side.pk, _stamp(side), now)


def of_token(token: str, now: datetime) -> HandoffSide | None:
    """The part in a handoff that the token of /l/<token>/ stands for; None where it is old, or withdrawn, or of
    somebody who has left."""
    found = keys.read_signed_link(token)
    if found is None or found.purpose != LINK_PURPOSE or now >= found.issued_at + LINK_LIFETIME:
        return None
    side = sides().filter(pk=found.number, person__is_active=True).first()
    return side if side and constant_time_compare(_stamp(side), found.stamp) else None


def _stamp(side: HandoffSide) -> str:
    return keys.digest(f"handoff:{side.pk}:{side.person_id}:{side.handoff_id}")[:_STAMP_DIGITS]
