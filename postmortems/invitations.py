"""Invitations to a review, by mail: who is proposed gets one, who was invited hears of every change.

Each runs inside the transaction that holds the postmortem's lock; what it sends is in the outbox when it returns.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from oncall import outbox
from oncall.logic.invitation import Guest, Meeting, Method, invitation
from oncall.models import Notification, User
from oncall.text import one_line
from postmortems import notices, rights
from postmortems.models import Invitation, Postmortem

MOST: Final = 200


def waiting(row: Postmortem) -> tuple[list[User], list[User]]:
    """(who is proposed and has no invitation as it is now, who was invited and is proposed no more)."""
    wanted, invited = _proposed(row), _invited(row)
    newcomers = [
        person for key, person in wanted.items() if key not in invited or invited[key].sequence < row.review_sequence
    ]
    return newcomers, [each.person for key, each in invited.items() if key not in wanted]


def send(row: Postmortem, now: datetime) -> int:
    """Invite who waits for it, and take it back from who is proposed no more. How many people were told."""
    if row.review_at is None:
        return 0
    newcomers, gone = waiting(row)
    if gone:
        row.review_sequence += 1
        row.save(update_fields=["review_sequence"])
        _tell(row, gone, "CANCEL", now)
    # What the others know is right still: of them nobody is told that somebody else is not coming.
    _tell(row, newcomers, "REQUEST", now)
    row.invitations.filter(cancelled_at=None).update(sequence=row.review_sequence)
    return len(newcomers) + len(gone)


def cancel(row: Postmortem, now: datetime) -> int:
    """Take all of them back. How many people were told; `review_at` is still that of the meeting that will not be."""
    people = [each.person for each in _invited(row).values()]
    row.review_sequence += 1
    row.save(update_fields=["review_sequence"])
    _tell(row, people, "CANCEL", now)
    return len(people)


def _proposed(row: Postmortem) -> dict[int, User]:
    """Those with an account, who may see it."""
    rows = row.attendees.filter(person__is_active=True).select_related("person").order_by("pk")[:MOST]
    people = [each.person for each in rows if each.person is not None]
    return {person.pk: person for person in people if rights.may_see(row, person)}


def _invited(row: Postmortem) -> dict[int, Invitation]:
    return {each.person_id: each for each in row.invitations.filter(cancelled_at=None).select_related("person")}


def _tell(row: Postmortem, people: Iterable[User], method: Method, now: datetime) -> None:
    drafts: list[outbox.Draft] = []
    knowing = set(row.invitations.filter(cancelled_at=None).values_list("person", flat=True))
    for person in people:
        values = {"sequence": row.review_sequence, "at": now, "cancelled_at": now if method == "CANCEL" else None}
        Invitation.objects.update_or_create(postmortem=row, person=person, defaults=values)
        template = _template(row, person, method, now, again=person.pk in knowing)
        # A calendar part is for a mailbox; who has none is told in words.
        drafts += outbox.to_account(person, template, now) or notices.to(person, template._replace(calendar=""), now)
    outbox.post(drafts, now)


def _template(row: Postmortem, person: User, method: Method, now: datetime, *, again: bool) -> outbox.Draft:
    said = {"title": _title(row), "at": notices.at_their_place(_at(row), person), "place": row.review_place}
    if method == "CANCEL":
        subject = _("Cancelled: %(title)s")
        text = _("%(title)s will not be held at %(at)s.")
    elif again:
        subject = _("Invitation, changed: %(title)s")
        text = _("%(title)s is now at %(at)s.")
    else:
        subject = _("Invitation: %(title)s")
        text = _("You are invited: %(title)s, at %(at)s.")
    if row.review_place and method == "REQUEST":
        text += "\n" + _("Where: %(place)s")
    key = f"review:{row.pk}:{row.review_sequence}:{method.lower()}"
    kind = Notification.Kind.POSTMORTEM
    template = notices.draft(key, kind, subject % said, text % said, notices.page_of(row), now, private=row.private)
    return template._replace(calendar=invitation(_meeting(row, person, now), method).decode())


def _meeting(row: Postmortem, person: User, now: datetime) -> Meeting:
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    owner = row.owner if row.owner and row.owner.email else None
    link = settings.SITE_URL + notices.page_of(row)
    return Meeting(
        uid=f"review-{row.pk}@{urlsplit(settings.SITE_URL).hostname or 'incidentops'}",
        sequence=row.review_sequence,
        told_at=now,
        start=_at(row),
        length=timedelta(minutes=row.review_minutes),
        summary=one_line(_title(row)),
        description=link,
        place=one_line(row.review_place, 300),
        link=link,
        organizer=Guest(str(owner), owner.email) if owner else Guest("IncidentOps", sender),
        sender=sender,
        # Each sees that they are asked themselves; who else is, the page says to those who may see it.
        guests=[Guest(str(person), person.email)],
    )


def _title(row: Postmortem) -> str:
    title = _("a private incident") if row.private else row.title
    return _("Review of %(number)s, %(title)s") % {"number": row.number, "title": title}


def _at(row: Postmortem) -> datetime:
    if row.review_at is None:
        raise ValueError("there is no meeting")
    return row.review_at
