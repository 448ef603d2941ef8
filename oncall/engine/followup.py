"""What follows from a message's end: a line on the timeline, and another way where this one failed."""

from datetime import datetime

import structlog
from django.utils.translation import gettext as _

from oncall import nudge, outbox, paging
from oncall.logic.addresses import masked
from oncall.models import ContactMethod, Notification, Page
from oncall.outbox import Draft
from oncall.signals import PageEvent, tell

log = structlog.get_logger(__name__)

Kind = Notification.Kind
State = Notification.State


def sent(row: Notification, repeated: bool, now: datetime) -> None:
    """Say that the message was handed over; who was told who took it is no news worth a line each."""
    if row.kind == Kind.TAKEN:
        return
    words = {"what": _what(row), "to": row.recipient}
    if repeated:
        text = _("%(what)s to %(to)s sent again; the first try's outcome is unknown") % words
    elif row.attempts > 1:
        # A provider that failed, or hung up, may have rung the bell all the same.
        text = _("%(what)s to %(to)s sent again: try %(tries)d") % {**words, "tries": row.attempts}
    elif row.transport == "console":
        text = _("%(what)s to %(to)s sent (shown in the terminal)") % words
    else:
        text = _("%(what)s to %(to)s sent") % words
    _tell(row, "sent", text, now)


def failed(row: Notification, detail: str, now: datetime) -> None:
    """Say that the message was given up and fall over to the person's next contact method; where there is none
    and the step reached nobody, the page goes on to its next step at once. Call it holding the pages' locks."""
    wanted = row.kind == Kind.PAGE and _wanted(row)
    instead = _fall_over(row, now) if wanted else ""
    words = {"what": _what(row), "to": row.recipient, "why": detail, "instead": instead}
    if instead:
        text = _("%(what)s to %(to)s failed: %(why)s; %(instead)s is tried instead") % words
    else:
        text = _("%(what)s to %(to)s failed: %(why)s") % words
    _tell(row, "failed", text, now)
    if row.kind == Kind.FALLBACK:
        log.error("fallback_failed", pk=row.pk, detail=detail)
    if wanted and not instead and row.page_id and row.round and row.step:
        paging.step_failed(row.page_id, row.round, row.step, now)


def lock_pages(row: Notification) -> None:
    """Lock the running pages of the row's subject in key order, as paging's verbs do, before the row itself."""
    if row.page is not None:
        running = Page.objects.running().select_for_update().filter(subject=row.page.subject)
        list(running.order_by("pk").values_list("pk", flat=True))


def _wanted(row: Notification) -> bool:
    """Whether the page still wants somebody by this message; asked under the page's lock."""
    if row.page is None:
        return False
    page = Page.every.get(pk=row.page.pk)
    asked_since = page.acknowledged_at is not None and page.acknowledged_at <= row.created_at
    return page.state == Page.State.OPEN or (page.state == Page.State.ACKNOWLEDGED and asked_since)


def _fall_over(row: Notification, now: datetime) -> str:
    """Have the person paged another way; the words for it, empty where there is none.

    A later rule of theirs that waits is brought forward, else a verified contact method that this step has not used
    gets the same message.
    """
    of_step = Notification.objects.filter(
        page=row.page_id, step=row.step, round=row.round, kind=Kind.PAGE, person=row.person_id
    )
    if row.person is None or not row.person.is_active:
        return ""
    waiting = of_step.filter(state=State.PENDING).exclude(contact_method=row.contact_method_id)
    soonest = waiting.order_by("due_at", "pk").first()
    if soonest is not None:
        if soonest.due_at > now:
            waiting.filter(pk=soonest.pk).update(due_at=now)
            nudge.look(outbox.TASK)
        return soonest.recipient
    used = set(of_step.exclude(contact_method=None).values_list("contact_method_id", flat=True))
    unused = ContactMethod.objects.filter(user=row.person_id).exclude(verified_at=None).exclude(pk__in=used)
    method = unused.exclude(address=row.address).order_by("pk").first()
    if method is None:
        return ""
    draft = outbox.to_contact(row.person, method, _template(row), now)
    outbox.post([draft._replace(key=f"{row.key}:over:{method.pk}")], now)
    return masked(method.address)


def _template(row: Notification) -> Draft:
    return Draft(
        key=row.key,
        kind=row.kind,
        title=row.title,
        text=row.text,
        link=row.link,
        page_id=row.page_id,
        step=row.step,
        round=row.round,
        private=row.private,
        urgency=row.urgency,
        rank=row.rank,
    )


def _what(row: Notification) -> str:
    return _("Message") if row.transport == "apprise" else _("Email")


def _tell(row: Notification, kind: str, text: str, now: datetime) -> None:
    """A line for the timeline, in the recording transaction; its failure must not undo the record, else the message
    would be sent again. Receivers that write do so under a savepoint of their own."""
    if row.page is None:
        return
    event = PageEvent(row.page.subject, row.page.pk, kind, now, None, "", "engine", text)
    try:
        tell([event])
    except Exception:
        log.exception("page_event_failed", pk=row.pk)
