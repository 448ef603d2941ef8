"""Sends what is due in the outbox and records what came of it."""

import random
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils.translation import gettext as _

from oncall import findings, keys, letters
from oncall.engine import claims, followup, loop, overtaken, recovery, waiting
from oncall.engine.claims import Claimed
from oncall.engine.waiting import LEASE
from oncall.models import Notification
from oncall.outbox import GIVE_UP_AFTER
from oncall.transports import REGISTRY, Message, Receipt, for_address
from oncall.transports.apprise import load

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS: Final = 10.0
A_FEW: Final = 100  # of one lane: the rest is read once these are taken, and reading more would slow all
# Most outages are over in seconds, and somebody sleeps meanwhile: the first tries come soon.
BACK_OFF_SECONDS: Final = (2, 3, 5, 8, 15, 30, 60, 120, 300)

State = Notification.State


def run(now: datetime, patience: float | None = 30.0) -> int:
    """Send the messages due at `now`, the most severe and then the oldest first; at most `patience` seconds, what is
    then under way ends by itself (None: all of it goes on in this process's threads, and the next call adds to it).
    Returns how many were handed over, put off or given up. What an outage has made history is cancelled first; where
    that fails, what is due is sent nevertheless."""
    claims.let_go(now)
    courier = loop.Courier(claims.take, _send, _record, _set_aside)
    if patience is None:
        due = _due(now)
        return loop.deliver(due, courier, now, patience=None, more=_due if len(due) >= A_FEW else None)
    return loop.deliver(_due(now, waiting.MOST_OF_A_LANE), courier, now, patience=patience)


def _due(now: datetime, most: int = A_FEW) -> list[tuple[int, str]]:
    rows = waiting.due(now, most)
    if any(row.old for row in rows):
        _cancel_overtaken(now)
        rows = waiting.due(now, most)
    return [(row.pk, row.lane) for row in rows]


def _cancel_overtaken(now: datetime) -> None:
    try:
        overtaken.cancel(now)
    except Exception as error:
        log.exception("overtaken_not_cancelled")
        findings.stumbled("oncall.overtaken", _("what an outage has overtaken"), error, now)


def warm_up() -> None:
    """Load what the first message would else wait for: apprise and its plug-ins, about a second."""
    load()


def send_direct(address: str, title: str, text: str, *, key: str, guarded: bool) -> Receipt:
    """Send without outbox or database: for the watchdog only. `guarded=False` is for the operator's own addresses."""
    return for_address(address).send(Message(key, address, title, text, guarded=guarded), TIMEOUT_SECONDS)


def _send(claimed: Claimed) -> Receipt:
    row = claimed.row
    transport = REGISTRY.get(row.transport)
    if transport is None:
        return Receipt(ok=False, detail=_("there is no transport named %s") % row.transport)
    operators_own = not (row.person_id or row.channel_id) and row.address == settings.FALLBACK_CHANNEL_URL
    text, letter = row.text, None
    if row.letter:
        text = keys.for_reader(row.text, row.person_id, row.created_at)
        letter = letters.loads(keys.for_reader(row.letter, row.person_id, row.created_at))
    message = Message(
        key=row.key,
        to=row.address,
        subject=row.title,
        text=text,
        link=row.link or None,
        urgency=row.urgency,
        person=str(row.person) if row.person else "",
        guarded=not operators_own,
        calendar=row.calendar,
        letter=letter,
    )
    return transport.send(message, TIMEOUT_SECONDS)


def _record(claimed: Claimed, receipt: Receipt | None, now: datetime) -> None:
    """Write the outcome, and what it says of others to the same provider."""
    lane = claimed.row.lane
    _write(claimed, receipt or Receipt(ok=False, detail=_("an error of ours; the log has it"), retry=True), now)
    if receipt is not None and receipt.retry and not receipt.ok:
        recovery.failed(lane, receipt.retry_after, now)
    elif receipt is not None and receipt.ok:
        try:
            recovery.taken(lane, now)
        except DatabaseError as error:  # what was written stands; the others wait out their pause
            log.warning("not_brought_forward", lane=lane, error=repr(error)[:300])


@transaction.atomic
def _write(claimed: Claimed, receipt: Receipt, now: datetime) -> None:
    """Write the outcome, unless our lease ran out and somebody else has the message now."""
    row = claimed.row
    detail = receipt.detail[:300]
    if receipt.ok:
        if claims.settle(row, State.SENT, detail, sent_at=now):
            followup.sent(row, claimed.repeated, now)
        return
    again_at = now + _pause(row.attempts, receipt.retry_after)
    if receipt.retry and again_at <= row.give_up_at:
        if claims.settle(row, State.PENDING, detail, due_at=again_at):
            claims.stop_unwanted(row.pk, now)
        return
    followup.lock_pages(row)
    _give_up(row, detail, now)


def _give_up(row: Notification, detail: str, now: datetime) -> None:
    """Call it holding the pages' locks. What follows from a failure may itself fail, and for ever: the message is
    given up nevertheless, else it would be sent each minute anew; the page's next step comes in its time."""
    if not claims.settle(row, State.FAILED, detail):
        return
    try:
        with transaction.atomic():
            followup.failed(row, detail, now)
    except DatabaseError:
        raise
    except Exception:
        log.exception("followup_failed", pk=row.pk)


@transaction.atomic
def _set_aside(pk: int, error: Exception, now: datetime) -> None:
    """A message that cannot even be claimed is put off, longer each time, and after half an hour given up: visibly,
    and never in the way of others."""
    tries, give_up_at = Notification.every.values_list("attempts", "give_up_at").get(pk=pk)
    give_up_at = give_up_at if tries else max(give_up_at, now + GIVE_UP_AFTER)
    again_at = now + _pause(tries + 1, None)
    ours = Notification.every.filter(waiting.claimable(now), pk=pk, attempts=tries)
    detail = _("an error of ours (%s); the log has it") % type(error).__name__
    noted = {"attempts": tries + 1, "give_up_at": give_up_at, "reason": detail}
    if again_at <= give_up_at:
        ours.update(state=State.PENDING, due_at=again_at, lease_until_at=None, **noted)
    elif ours.update(state=State.SENDING, lease_until_at=now + LEASE, **noted):
        row = Notification.every.select_related("page", "person").get(pk=pk)
        followup.lock_pages(row)
        _give_up(row, detail, now)


def _pause(attempts: int, asked_for: timedelta | None) -> timedelta:
    """The wait before the next try, with a fifth of jitter so that a provider's return is no stampede; never shorter
    than the provider asked for (Retry-After)."""
    seconds = BACK_OFF_SECONDS[min(attempts, len(BACK_OFF_SECONDS)) - 1]
    pause = timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311
    return max(pause, asked_for or timedelta(0))
