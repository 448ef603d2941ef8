"""A page's course changed by hand or from above: escalate now, pass on, hold, release."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from oncall import nudge, outbox
from oncall.logic.escalation import Cursor, steps_left
from oncall.models import Notification, Page
from oncall.paging.answering import AT_REST, lock_running
from oncall.paging.opening import TASK
from oncall.paging.values import Actor, NothingLeft, page_event_of
from oncall.paging.versions import plan_of
from oncall.signals import tell
from oncall.text import one_line


@transaction.atomic
def escalate_now(subject: str, by: Actor, now: datetime) -> Page:
    """Have the next step run now, also while acknowledged: the acknowledgement stays. A hold is lifted by it.

    Raises NothingLeft where no step is left, or where nothing of the subject is paging by a policy.
    """
    page = next((page for page in _by_policy(lock_running(subject)) if _has_step(page, now)), None)
    if page is None:
        raise NothingLeft
    _run_now(page, now)
    return page


@transaction.atomic
def pass_on(subject: str, by: Actor, now: datetime) -> Page:
    """ "I can't take it": takes back an acknowledgement of `by`, stops what they would still be told, and has the next
    step run now; where none is left, the fallback is told. A page by hand of theirs ends.

    Somebody else's acknowledgement stays. Raises NothingLeft where that leaves nothing to be done.
    """
    running = lock_running(subject)
    user = by.user.pk if by.user else None
    own = [page for page in running if user is not None and page.responder_id == user]
    Page.objects.filter(pk__in=[page.pk for page in own]).update(
        state=Page.State.ENDED, ended_at=now, end_reason=_("passed on"), **AT_REST
    )
    pages = _by_policy(running)
    moved = bool(own)
    if user is not None:
        _stop_telling(user, running)
    for page in pages:
        if user is not None and page.state == Page.State.ACKNOWLEDGED and page.acknowledged_by_id == user:
            page.state, page.acknowledged_at, page.acknowledged_by = Page.State.OPEN, None, None
            page.save(update_fields=["state", "acknowledged_at", "acknowledged_by"])
        if page.state == Page.State.OPEN or _has_step(page, now):
            _run_now(page, now)
            moved = True
    if not moved:
        raise NothingLeft
    return (pages or own)[0]


@transaction.atomic
def hold(subject: str, reason: str, now: datetime) -> int:
    """Run nothing of the subject's open pages until `release`; their due time is kept, and what steps that ran would
    say later is kept back too. Pages by hand go on.

    Returns how many were held by this call.
    """
    pages = [page for page in _by_policy(lock_running(subject)) if page.state == Page.State.OPEN and not page.held_at]
    for page in pages:
        page.held_at, page.held_due_at, page.due_at = now, page.due_at, None
        page.hold_reason = one_line(reason)
        page.save(update_fields=["held_at", "held_due_at", "due_at", "hold_reason"])
    outbox.hold([page.pk for page in pages], now)
    text = _("Paging is held: %(reason)s.") % {"reason": one_line(reason)}
    tell([page_event_of(page, "held", text, None, now) for page in pages])
    return len(pages)


@transaction.atomic
def release(subject: str, now: datetime) -> int:
    """Let held pages go on: what came due meanwhile is due now. Returns how many were held."""
    pages = [page for page in lock_running(subject) if page.held_at]
    for page in pages:
        page.due_at = max(now, page.held_due_at or now)
        page.held_at, page.held_due_at, page.hold_reason = None, None, ""
        page.save(update_fields=["held_at", "held_due_at", "due_at", "hold_reason"])
    outbox.release([page.pk for page in pages], now)
    tell([page_event_of(page, "released", _("Paging goes on."), None, now) for page in pages])
    if pages:
        nudge.look(TASK)
    return len(pages)


def _by_policy(pages: Sequence[Page]) -> list[Page]:
    return [page for page in pages if page.responder_id is None]


def _has_step(page: Page, now: datetime) -> bool:
    return steps_left(plan_of(page.policy), Cursor(page.round, page.step, now))


def _run_now(page: Page, now: datetime) -> None:
    if page.held_at:
        outbox.release([page.pk], now)
    page.due_at = now
    page.held_at, page.held_due_at, page.hold_reason = None, None, ""
    page.save(update_fields=["due_at", "held_at", "held_due_at", "hold_reason"])
    nudge.look(TASK)


def _stop_telling(user: int, pages: Sequence[Page]) -> None:
    Notification.objects.filter(
        page__in=[page.pk for page in pages],
        person=user,
        kind=Notification.Kind.PAGE,
        state__in=outbox.NOT_BEGUN,
    ).update(state=Notification.State.CANCELLED, reason=_("passed on"))
