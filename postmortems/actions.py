"""The verbs of an action item: each change is one function here, called by every face.

`by` is the person who does it, None the engine. Each is one transaction, locks the postmortem and then the action, and
returns the action as it is then; a published postmortem is closed with its last action and opened again with it.
Days are those of the owner's zone. Raised: Refused (state or argument), NotAllowed.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from incidents.lifecycle import Refused
from oncall.logic.hours import sound_zone
from oncall.models import User
from oncall.text import plain
from postmortems import events, publishing, rights
from postmortems.logic import due
from postmortems.models import ActionItem, DueMove, Factor, Postmortem, PostmortemEvent
from postmortems.publishing import needed

MAX_TEXT: Final = 10_000
MOST: Final = 200
SECOND: Final = 2
EDITABLE: Final = ("description", "kind", "priority", "link", "addresses_cause", "factors")
Status = ActionItem.Status


def add(postmortem: Postmortem, values: Mapping[str, Any], by: User | None, now: datetime) -> ActionItem:
    """Add one: EDITABLE values, `owner` (or `owner_name`) and `due_on`, which by default follows from the priority.

    Raises Refused (the field at fault).
    """
    with events.locked(postmortem) as fresh:
        rights.check(fresh, by, rights.ADD_ACTION, owner=True)
        if fresh.actions.count() >= MOST:
            raise Refused(_("That is enough: at most 200 actions."))
        given = {"owner": None, "owner_name": "", "due_on": None, **values}
        _owner(fresh, given["owner"])
        made = ActionItem(postmortem=fresh, created_at=now, owner=given["owner"], owner_name=given["owner_name"])
        factors = _set(made, {name: value for name, value in values.items() if name in EDITABLE})
        made.due_on = given["due_on"]
        if made.due_on is None and made.priority:
            made.due_on = due.default_due_on(made.priority, today_of(made.owner, now))
        _chase_anew(made, now)
        made.save()
        made.factors.set(factors or [])
        _say(made, _("Added: %(action)s"), by, now)
        publishing.follow_actions(fresh, now)
        return made


def edit(action: ActionItem, values: Mapping[str, Any], by: User | None, now: datetime) -> ActionItem:
    """Change EDITABLE values; date, owner and status have verbs of their own. Raises Refused (the field at fault)."""
    with _locked(action) as fresh:
        rights.check_action(fresh, by)
        factors = _set(fresh, values)
        fresh.save()
        if factors is not None:
            fresh.factors.set(factors)
        return fresh


def begin(action: ActionItem, by: User | None, now: datetime) -> ActionItem:
    """Somebody works on it."""
    return _status(action, Status.IN_PROGRESS, (Status.OPEN, Status.BLOCKED), by, now)


def block(action: ActionItem, reason: str, by: User | None, now: datetime) -> ActionItem:
    """It waits for something; the reason says for what."""
    return _status(action, Status.BLOCKED, (Status.OPEN, Status.IN_PROGRESS), by, now, reason=needed(reason))


def finish(action: ActionItem, evidence: str, by: User | None, now: datetime) -> ActionItem:
    """It is done; `evidence` says how one can see that: a link, a test, a figure. Raises Refused (evidence)."""
    evidence = plain(evidence[:MAX_TEXT]).strip()
    if not evidence:
        raise Refused(_("Say how one can see that it is done: a link, a test, a figure."), "evidence")
    return _status(action, Status.DONE, ActionItem.UNFINISHED, by, now, evidence=evidence, finished_at=now)


def decline(action: ActionItem, reason: str, by: User, now: datetime) -> ActionItem:
    """It won't be done, with a reason, approved by who says so. Needs the right to approve; owners have none."""
    with _locked(action) as fresh:
        rights.check_action(fresh, by, rights.APPROVE)
    given: dict[str, Any] = {"reason": needed(reason), "approver": by, "finished_at": now}
    return _status(action, Status.WONT_DO, ActionItem.UNFINISHED, by, now, approving=True, **given)


def reopen(action: ActionItem, reason: str, by: User | None, now: datetime) -> ActionItem:
    """It is open again. Raises Refused (reason; conflict unless it was finished)."""
    given: dict[str, Any] = {"reason": needed(reason), "approver": None, "finished_at": None}
    return _status(action, Status.OPEN, (Status.DONE, Status.WONT_DO), by, now, **given)


def move(action: ActionItem, to_on: date, reason: str, by: User | None, now: datetime) -> ActionItem:
    """Give it another due date, with a reason. Raises Refused (to_on: in the past or the same; reason; conflict)."""
    reason = needed(reason)
    with _locked(action) as fresh:
        rights.check_action(fresh, by)
        _unfinished(fresh)
        if to_on < today_of(fresh.owner, now):
            raise Refused(_("That day is over."), "to_on")
        if to_on == fresh.due_on:
            raise Refused(_("It is due on that day already."), "to_on")
        name = str(by)[:150] if by else ""
        DueMove.objects.create(
            action=fresh, at=now, by=by, by_name=name, from_on=fresh.due_on, to_on=to_on, reason=reason
        )
        if fresh.moves.count() == SECOND:
            fresh.second_move_at = now  # the engine tells the manager
        fresh.due_on = to_on
        _chase_anew(fresh, now)
        fresh.save()
        return fresh


def assign(action: ActionItem, owner: User, reason: str, by: User | None, now: datetime) -> ActionItem:
    """Give it to somebody. Who hands over what is theirs, or another's, says why. Raises Refused (owner, reason)."""
    with _locked(action) as fresh:
        rights.check_action(fresh, by)
        _unfinished(fresh)
        _owner(fresh.postmortem, owner)
        if fresh.owner_id == owner.pk:
            return fresh
        why = needed(reason) if fresh.owner_id is not None else reason.strip()[:500]
        said = {"owner": str(owner), "reason": why or "–"}
        fresh.owner, fresh.owner_name = owner, ""
        _chase_anew(fresh, now)
        fresh.save()
        _say(fresh, _("%(action)s: now %(owner)s's (%(reason)s)"), by, now, **said)
        return fresh


def possible(action: ActionItem) -> tuple[str, ...]:
    """The names of the verbs that its status allows."""
    if action.is_finished:
        return ("reopen",)
    work = {Status.OPEN: ("begin", "block"), Status.BLOCKED: ("begin",), Status.IN_PROGRESS: ("block",)}
    return (*work[Status(action.status)], "finish", "decline", "move", "assign")


def today_of(owner: User | None, now: datetime) -> date:
    """The date where the owner lives; of nobody's, in UTC."""
    return now.astimezone(ZoneInfo(sound_zone(owner.timezone)) if owner else UTC).date()


@contextmanager
def _locked(action: ActionItem) -> Iterator[ActionItem]:
    with transaction.atomic(), events.locked(action.postmortem) as postmortem:
        fresh = ActionItem.objects.select_for_update(of=("self",), no_key=True).get(pk=action.pk)
        fresh.postmortem = postmortem
        yield fresh


def _status(
    action: ActionItem,
    status: str,
    before: Any,
    by: User | None,
    now: datetime,
    *,
    approving: bool = False,
    **values: Any,
) -> ActionItem:
    with _locked(action) as fresh:
        rights.check_action(fresh, by, *((rights.APPROVE,) if approving else ()))
        if fresh.status not in before:
            state = fresh.get_status_display()
            raise Refused(_("It is %(state)s: this cannot be done to it now.") % {"state": state}, conflict=True)
        if fresh.is_finished:
            _chase_anew(fresh, now)
        for name, value in {"status": status, **values}.items():
            setattr(fresh, name, value)
        fresh.save()
        why = values.get("reason") or ""
        words = _("%(action)s: %(status)s, %(reason)s") if why else _("%(action)s: %(status)s")
        _say(fresh, words, by, now, status=fresh.get_status_display(), reason=why)
        publishing.follow_actions(fresh.postmortem, now)
        return fresh


def _chase_anew(action: ActionItem, now: datetime) -> None:
    """Its owner or date is another: reminders begin from today. The caller saves."""
    action.chased_from, action.reminded_on, action.escalated_on = today_of(action.owner, now), None, None


def _unfinished(action: ActionItem) -> None:
    if action.is_finished:
        raise Refused(_("It is %(state)s.") % {"state": action.get_status_display()}, conflict=True)


def _owner(postmortem: Postmortem, owner: User | None) -> None:
    if owner is None:
        return
    if not owner.is_active:
        raise Refused(_("%(name)s is not active.") % {"name": owner}, "owner")
    if not rights.may_see(postmortem, owner):
        raise Refused(_("%(name)s may not see it: add them to the incident first.") % {"name": owner}, "owner")


def _set(action: ActionItem, values: Mapping[str, Any]) -> list[Factor] | None:
    """Set the values and judge them; the factors, if they are among them."""
    unknown = [name for name in values if name not in EDITABLE]
    if unknown:
        raise Refused(_("Unknown field."), unknown[0])
    for name, value in values.items():
        if name != "factors":
            setattr(action, name, plain(value[:MAX_TEXT]).strip() if isinstance(value, str) else value)
    try:
        action.clean_fields(exclude=["postmortem", "owner"])
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise Refused(messages[0], name) from error
    if "factors" not in values:
        return None
    factors = list(values["factors"])
    if any(factor.postmortem_id != action.postmortem_id for factor in factors):
        raise Refused(_("That factor belongs to another postmortem."), "factors")
    return factors


def _say(action: ActionItem, words: str, by: User | None, now: datetime, **values: str) -> None:
    text = words % {"action": action.description[:200], **values}
    events.add(action.postmortem, PostmortemEvent.Kind.ACTION, text, by, now)
