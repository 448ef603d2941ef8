"""Answers to pages: acknowledged, resolved, ended from above, or refused by every provider."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from oncall import nudge, outbox, wording
from oncall.logic.escalation import FALLBACK, JOIN_WITHIN, Cursor, after
from oncall.logic.reach import Miss, Why, in_words
from oncall.models import Notification, Page, StepRun
from oncall.paging.opening import TASK
from oncall.paging.taken import tell_who_took_it
from oncall.paging.values import Actor, Outcome, page_event_of
from oncall.paging.versions import plan_of
from oncall.signals import tell
from oncall.text import one_line

NOTHING = Outcome(changed=False, cancelled=0, pages=0)
ALIVE = (*outbox.NOT_BEGUN, Notification.State.SENDING, Notification.State.SENT)
AT_REST = {"due_at": None, "held_at": None, "held_due_at": None, "hold_reason": ""}


def lock_running(*subjects: str) -> list[Page]:
    """The subjects' running pages, locked in key order: between service and incident (DESIGN.md §5.5)."""
    return list(Page.objects.running().filter(subject__in=subjects).select_for_update(of=("self",)).order_by("pk"))


@transaction.atomic
def acknowledge(subject: str, by: Actor, now: datetime) -> Outcome:
    """Somebody has it: nothing further runs and every message not yet handed to a provider is stopped.

    Pages by hand of other people than `by` go on. Who was paged is told once who took it.
    """
    mine = [page for page in lock_running(subject) if page.responder_id is None or _is(page.responder_id, by)]
    if not mine:
        return NOTHING
    fresh = [page for page in mine if page.state == Page.State.OPEN]
    user = by.user.pk if by.user else None
    Page.objects.filter(pk__in=[page.pk for page in fresh]).update(
        state=Page.State.ACKNOWLEDGED, acknowledged_at=now, acknowledged_by=user, **AT_REST
    )
    # Steps that somebody asked for after an earlier acknowledgement are answered by this one.
    asked_for = Page.objects.filter(pk__in=[page.pk for page in mine], due_at__isnull=False).update(due_at=None)
    outcome = _stop(mine, _("acknowledged by %(who)s") % {"who": by.name}, now)
    if fresh or asked_for or outcome.cancelled:
        text = wording.acknowledged(by.name, outcome.cancelled, outcome.in_flight_to)
        event = page_event_of((fresh or mine)[0], "acknowledged", text, by, now)
        tell([event, *tell_who_took_it(fresh, by, now)])
        return replace(outcome, changed=True)
    return outcome


@transaction.atomic
def resolve(subject: str, by: Actor, now: datetime) -> Outcome:
    """It is over: all pages of the subject end, those by hand too, and every message not yet handed over is stopped."""
    reason = _("resolved by %(who)s") % {"who": by.name}
    pages = lock_running(subject)
    outcome = _finish(pages, Page.State.RESOLVED, reason, now)
    if pages:
        text = wording.resolved(by.name, outcome.cancelled, outcome.in_flight_to)
        tell([page_event_of(pages[0], "resolved", text, by, now)])
    return outcome


@transaction.atomic
def resolve_many(subjects: Collection[str], by: Actor, now: datetime) -> None:
    """`resolve` where nobody waits for an outcome: a bounded number of statements, however many subjects."""
    pages = lock_running(*subjects)
    _finish(pages, Page.State.RESOLVED, _("resolved by %(who)s") % {"who": by.name}, now)
    first = {page.subject: page for page in reversed(pages)}
    text = wording.resolved(by.name, 0, ())
    tell([page_event_of(page, "resolved", text, by, now) for page in first.values()])


@transaction.atomic
def end(subject: str, reason: str, now: datetime, *, responders: bool) -> Outcome:
    """End the subject's pages without an answer (raised, merged, dismissed). `responders` False: people who were
    paged by hand are paged on."""
    pages = [page for page in lock_running(subject) if responders or page.responder_id is None]
    outcome = _finish(pages, Page.State.ENDED, reason, now)
    if pages:
        text = wording.ended(reason, outcome.cancelled, outcome.in_flight_to)
        tell([page_event_of(pages[0], "ended", text, None, now)])
    return outcome


@transaction.atomic
def step_failed(page_id: int, round: int, step: int, now: datetime) -> bool:
    """Every message of a step was refused for good: what follows the step is brought forward to `now`.

    Nothing happens while a message of the page since then waits, is under way or arrived, or when the page is not
    escalating any more. Returns whether something was brought forward. The step's record then says "provider refused".
    """
    page = Page.objects.select_for_update(of=("self",)).select_related("policy").get(pk=page_id)
    runs = list(page.runs.order_by("ran_at", "id"))
    failed = next((run for run in runs if (run.round, run.step) == (round, step) and run.step != FALLBACK), None)
    if failed is None or page.state != Page.State.OPEN or runs[-1].step == FALLBACK:
        return False
    messages = Notification.objects.filter(page=page, kind=Notification.Kind.PAGE)
    since = runs[runs.index(failed) :]
    if messages.filter(_of(since), state__in=ALIVE).exists():
        return False
    refused = sorted({row.recipient for row in messages.filter(round=round, step=step)})
    misses = [Miss("", name, Why.REFUSED) for name in refused]
    failed.misses = failed.misses + in_words(misses)
    # Steps after it that joined its messages reached nobody either.
    for run in since:
        run.reached = 0
        run.save(update_fields=["reached", "misses"])
    _bring_forward(page, runs, now)
    tell([page_event_of(page, "unreached", wording.unreached(step, round, misses), None, now)])
    nudge.look(TASK)
    return True


def _bring_forward(page: Page, runs: Sequence[StepRun], now: datetime) -> None:
    last = runs[-1]
    round_reached = any(run.reached for run in runs if run.round == last.round and run.step != FALLBACK)
    ran = Cursor(last.round, last.step, last.ran_at)
    following = after(plan_of(page.policy), ran, reached=False, round_reached=round_reached, ran_at=now)
    page.round, page.step = following.round, following.step
    if page.held_at:
        page.held_due_at = now
    else:
        page.due_at = now
    page.save(update_fields=["round", "step", "due_at", "held_due_at"])


def _finish(pages: Sequence[Page], state: str, reason: str, now: datetime) -> Outcome:
    if not pages:
        return NOTHING
    Page.objects.filter(pk__in=[page.pk for page in pages]).update(
        state=state, ended_at=now, end_reason=one_line(reason), **AT_REST
    )
    return replace(_stop(pages, reason, now), changed=True)


def _stop(pages: Sequence[Page], reason: str, now: datetime) -> Outcome:
    cancelled, moving = outbox.cancel([page.pk for page in pages], reason, now)
    return Outcome(changed=False, cancelled=cancelled, pages=len(pages), moving=moving)


def _of(runs: Sequence[StepRun]) -> Q:
    """The messages that these runs made, or joined: those due about when the first of them ran."""
    made = Q(due_at__range=(runs[0].ran_at - JOIN_WITHIN, runs[0].ran_at + JOIN_WITHIN))
    for run in runs:
        made |= Q(round=run.round, step=run.step)
    return made


def _is(person: int, by: Actor) -> bool:
    return by.user is not None and by.user.pk == person
