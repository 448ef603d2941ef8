"""Who was paged is told once who took it."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from oncall import outbox, wording
from oncall.models import Channel, ContactMethod, Notification, Page, User
from oncall.outbox import Draft
from oncall.paging.values import Actor, page_event_of
from oncall.signals import PageEvent


def tell_who_took_it(pages: Sequence[Page], by: Actor, now: datetime) -> list[PageEvent]:
    """Post one notice to everybody whom a message of these pages, or of pages of the subject that ended unanswered
    before them, has reached or is about to, save `by`; by the way that reached them first.

    `pages` have just been acknowledged, under their locks. Returns the event that says so, none without recipients.
    """
    if not pages:
        return []
    page = pages[0]
    told = _told(pages, by)
    if not told:
        return []
    key = f"taken:{page.pk}:{int(now.timestamp() * 1_000_000)}"
    drafts: list[Draft] = []
    names: list[str] = []
    for row in told:
        draft = _draft(row, page, by, key, now)
        if draft:
            drafts.append(draft)
            names.append(str(row.person or row.channel))
    outbox.post(drafts, now)
    text = _("Told %(names)s that %(who)s took it.") % {"names": ", ".join(names), "who": by.name}
    return [page_event_of(page, "told", text, None, now)] if drafts else []


def _told(pages: Sequence[Page], by: Actor) -> list[Notification]:
    """The first message of each person and channel."""
    of_these = Q(page__in=[page.pk for page in pages])
    before = Q(page__subject=pages[0].subject, page__state=Page.State.ENDED, page__acknowledged_at=None)
    rows = Notification.objects.filter(
        of_these | before,
        kind=Notification.Kind.PAGE,
        state__in=[Notification.State.SENDING, Notification.State.SENT],
    )
    rows = rows.exclude(person=by.user) if by.user else rows
    first: dict[tuple[int | None, int | None], Notification] = {}
    for row in rows.select_related("person", "channel", "contact_method").order_by("pk"):
        first.setdefault((row.person_id, row.channel_id), row)
    return [row for (person, channel), row in first.items() if person or channel]


def _draft(row: Notification, page: Page, by: Actor, key: str, now: datetime) -> Draft | None:
    reader: User | Channel | None = row.person or row.channel
    about = wording.facts(page, shared=row.person is None)
    zone = row.person.timezone if row.person else "UTC"
    template = Draft(
        key=key,
        kind=Notification.Kind.TAKEN,
        title=wording.taken_subject(about, by.name),
        text=wording.taken_text(about, by.name, zone, now),
        page_id=page.pk,
        private=page.private,
        urgency=page.urgency,
        rank=page.rank,
    )
    method: ContactMethod | None = row.contact_method
    if isinstance(reader, Channel):
        return outbox.to_channel(reader, template, now)[0]
    if reader is None or method is None or method.verified_at is None:
        return None
    return outbox.to_contact(reader, method, template, now)
