"""The way of a postmortem: draft, in review, published, closed; each step is one function here, called by every face.

`by` is the person who does it, None the engine. Each is one transaction, locks the postmortem, and returns it as it is
then. Instants are aware UTC. Raised: Refused (state or argument), NotAllowed; NotReady names what is missing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.lifecycle import Refused
from oncall.models import User
from oncall.text import one_line
from postmortems import events, invitations, rights
from postmortems.logic import readiness
from postmortems.logic.readiness import Finding
from postmortems.models import ActionItem, Factor, Postmortem, PostmortemEvent
from postmortems.values import document_of

MAX_REASON: Final = 500
MOST_MINUTES: Final = 24 * 60
State = Postmortem.State
Kind = PostmortemEvent.Kind


class NotReady(Refused):
    """Something is missing; `findings` say what."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        count = len(findings)
        words = ngettext("%(n)d thing is missing.", "%(n)d things are missing.", count) % {"n": count}
        super().__init__(words, conflict=True)
        self.findings = findings


def missing(postmortem: Postmortem) -> list[Finding]:
    """What is missing before it can be published."""
    return readiness.findings(document_of(postmortem))


def start_review(postmortem: Postmortem, by: User | None, now: datetime) -> Postmortem:
    """From draft to in review: its text goes on being edited, its readers are asked."""
    with events.locked(postmortem) as fresh:
        rights.check(fresh, by, rights.WRITE, owner=True)
        _from(fresh, State.DRAFT)
        return _moved(fresh, State.IN_REVIEW, Kind.REVIEW, _("In review."), by, now)


def schedule_review(
    postmortem: Postmortem,
    at: datetime,
    by: User | None,
    now: datetime,
    *,
    minutes: int | None = None,
    place: str | None = None,
) -> Postmortem:
    """Put the review meeting at an instant, or move it there, and invite everybody proposed by mail. What is not said
    (`minutes` long, at which `place`) stays. Raises Refused (at) for the past, (minutes) for none or over a day."""
    with events.locked(postmortem) as fresh:
        rights.check(fresh, by, rights.WRITE, owner=True)
        _from(fresh, State.DRAFT, State.IN_REVIEW)
        if at <= now:
            raise Refused(_("Choose an instant that is still to come."), "at")
        length = fresh.review_minutes if minutes is None else minutes
        if not 0 < length <= MOST_MINUTES:
            raise Refused(_("Between one minute and a day."), "minutes")
        where = fresh.review_place if place is None else one_line(place, 300)
        if (fresh.review_at, fresh.review_minutes, fresh.review_place) != (at, length, where):
            fresh.review_at, fresh.review_minutes, fresh.review_place = at, length, where
            fresh.review_sequence += 1
            fresh.next_look_at = now
            fresh.review_scheduled_at = fresh.review_scheduled_at or now
            fresh.save()
            text = _("The review meeting is on %(at)s UTC.") % {"at": f"{at:%Y-%m-%d %H:%M}"}
            events.add(fresh, Kind.SCHEDULED, text, by, now)
        invitations.send(fresh, now)
        return fresh


def invite(postmortem: Postmortem, by: User | None, now: datetime) -> Postmortem:
    """Invite who was proposed since the meeting was scheduled, and tell who is proposed no more.

    Raises Refused (conflict) where no meeting is to come.
    """
    with events.locked(postmortem) as fresh:
        rights.check(fresh, by, rights.WRITE, owner=True)
        _to_come(fresh)
        told = invitations.send(fresh, now)
        if told:
            said = ngettext("%(n)d invitation was sent.", "%(n)d invitations were sent.", told) % {"n": told}
            events.add(fresh, Kind.SCHEDULED, said, by, now)
        return fresh


def cancel_review(postmortem: Postmortem, reason: str, by: User | None, now: datetime) -> Postmortem:
    """The meeting will not be; everybody invited is told, and the clock runs as if none had been scheduled.

    Raises Refused (reason; conflict where no meeting is to come).
    """
    reason = needed(reason)
    with events.locked(postmortem) as fresh:
        rights.check(fresh, by, rights.WRITE, owner=True)
        _to_come(fresh)
        invitations.cancel(fresh, now)
        fresh.review_at = fresh.review_scheduled_at = None
        fresh.next_look_at = now
        fresh.save()
        events.add(fresh, Kind.SCHEDULED, _("The review is cancelled: %(reason)s") % {"reason": reason}, by, now)
        return fresh


def hold_review(
    postmortem: Postmortem, held_at: datetime, attended: Mapping[int, bool], by: User | None, now: datetime
) -> Postmortem:
    """The review was held; `attended` says of attendees (by key) whether they were there.

    Raises Refused (held_at) for the future. A draft whose review was held is in review.
    """
    with events.locked(postmortem) as fresh:
        rights.check(fresh, by, rights.WRITE, owner=True)
        _from(fresh, State.DRAFT, State.IN_REVIEW)
        if held_at > now:
            raise Refused(_("That is still to come."), "held_at")
        for attendee in fresh.attendees.filter(pk__in=attended):
            attendee.attended = attended[attendee.pk]
            attendee.save(update_fields=["attended"])
        fresh.review_held_at = held_at
        fresh.review_scheduled_at = fresh.review_scheduled_at or now
        fresh.next_look_at = now
        return _moved(fresh, State.IN_REVIEW, Kind.HELD, _("The review was held."), by, now)


def waive(postmortem: Postmortem, factor: Factor | None, reason: str, by: User, now: datetime) -> Postmortem:
    """Sign that nothing is done about a factor (None: the root cause). An empty reason takes the waiver back."""
    reason = reason.strip()
    if len(reason) > MAX_REASON:
        raise Refused(_("At most 500 characters."), "reason")
    with events.locked(postmortem) as fresh:
        rights.check(fresh, by, rights.PUBLISH)
        _from(fresh, State.DRAFT, State.IN_REVIEW)
        signer = by if reason else None
        if factor is None:
            fresh.cause_waiver, fresh.cause_waiver_signer, fresh.cause_waiver_signer_name = reason, signer, ""
            what = _("the root cause")
        else:
            row = fresh.factors.filter(pk=factor.pk).first()
            if row is None:
                raise Refused(_("There is no such factor."), "factor")
            row.waiver, row.waiver_signer, row.waiver_signer_name = reason, signer, ""
            row.save(update_fields=["waiver", "waiver_signer", "waiver_signer_name"])
            what = row.text[:80]
        fresh.version += 1
        fresh.save()
        said = {"what": what, "reason": reason}
        text = _("Nothing is done about %(what)s: %(reason)s") if reason else _("No waiver any more: %(what)s.")
        events.add(fresh, Kind.WAIVED, text % said, by, now)
        return fresh


def publish(postmortem: Postmortem, by: User | None, now: datetime) -> Postmortem:
    """Show it to everybody; its text is fixed from now on. With nothing left to do it is closed at once.

    Raises NotReady.
    """
    with events.locked(postmortem) as fresh:
        rights.check(fresh, by, rights.PUBLISH, owner=True)
        _from(fresh, State.IN_REVIEW)
        findings = missing(fresh)
        if findings:
            raise NotReady(findings)
        fresh.published_at, fresh.next_look_at = now, None
        _moved(fresh, State.PUBLISHED, Kind.PUBLISHED, _("Published."), by, now)
        return follow_actions(fresh, now)


def reopen(postmortem: Postmortem, reason: str, by: User | None, now: datetime) -> Postmortem:
    """Back to review: its text can be changed again. Raises Refused (reason; conflict unless it was published)."""
    reason = needed(reason)
    with events.locked(postmortem) as fresh:
        rights.check(fresh, by, rights.PUBLISH, owner=True)
        _from(fresh, State.PUBLISHED, State.CLOSED)
        if fresh.kind == Postmortem.Kind.SENTENCE:
            raise Refused(_("It is one sentence, kept as it was said."), conflict=True)
        fresh.published_at = fresh.closed_at = None
        fresh.next_look_at = now
        text = _("Reopened: %(reason)s") % {"reason": reason}
        return _moved(fresh, State.IN_REVIEW, Kind.REOPENED, text, by, now)


def follow_actions(postmortem: Postmortem, now: datetime) -> Postmortem:
    """Close what is published once every action is done or won't be; open it again once one is not. The caller holds
    the postmortem's lock."""
    if postmortem.state not in (State.PUBLISHED, State.CLOSED) or postmortem.kind == Postmortem.Kind.SENTENCE:
        return postmortem
    unfinished = postmortem.actions.filter(status__in=ActionItem.UNFINISHED).exists()
    if unfinished and postmortem.state == State.CLOSED:
        postmortem.closed_at = None
        return _moved(postmortem, State.PUBLISHED, Kind.REOPENED, _("An action is open again."), None, now)
    if not unfinished and postmortem.state == State.PUBLISHED:
        postmortem.closed_at = now
        return _moved(postmortem, State.CLOSED, Kind.CLOSED, _("Every action is done or won't be."), None, now)
    return postmortem


def possible(postmortem: Postmortem) -> tuple[str, ...]:
    """The names of the verbs that its state allows."""
    if postmortem.kind == Postmortem.Kind.SENTENCE:
        return ()
    by_state = {
        State.DRAFT: ("start_review", "schedule_review", "hold_review", "waive"),
        State.IN_REVIEW: ("schedule_review", "hold_review", "waive", "publish"),
        State.PUBLISHED: ("reopen",),
        State.CLOSED: ("reopen",),
    }
    verbs = by_state[State(postmortem.state)]
    to_come = postmortem.review_at is not None and postmortem.review_held_at is None
    return (*verbs, "invite", "cancel_review") if to_come and "schedule_review" in verbs else verbs


def needed(reason: str) -> str:
    """A reason, cleaned. Raises Refused where there is none or it is longer than 500 characters."""
    reason = reason.strip()
    if not reason:
        raise Refused(_("Say why."), "reason")
    if len(reason) > MAX_REASON:
        raise Refused(_("At most 500 characters."), "reason")
    return reason


def _to_come(postmortem: Postmortem) -> None:
    _from(postmortem, State.DRAFT, State.IN_REVIEW)
    if postmortem.review_at is None or postmortem.review_held_at is not None:
        raise Refused(_("There is no meeting to come."), conflict=True)


def _from(postmortem: Postmortem, *states: str) -> None:
    if postmortem.state not in states:
        state = postmortem.get_state_display()
        raise Refused(_("It is %(state)s: this cannot be done to it now.") % {"state": state}, conflict=True)


def _moved(postmortem: Postmortem, state: str, kind: str, text: str, by: User | None, now: datetime) -> Postmortem:
    postmortem.state = state
    postmortem.save()
    events.add(postmortem, kind, text, by, now)
    return postmortem
