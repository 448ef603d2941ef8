"""What can be done to a postmortem and to an action item in the console: one row per verb, each through its door."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _t

from oncall.models import User
from postmortems import actions, drafting, publishing, rights
from postmortems.admin import forms
from postmortems.models import ActionItem, Postmortem

Words = str | Promise
Do = Callable[[Any, Any, User, datetime], object]


@dataclass(frozen=True, slots=True)
class Deed:
    """`slug` stands in the address and is the verb's name; `do(row, form, by, now)` calls the verb. `needs`: one of
    these permissions; `owner`: or to be the owner."""

    slug: str
    label: Words
    explanation: Words
    do: Do
    form: type[forms.VerbForm] = forms.VerbForm
    needs: tuple[str, ...] = (rights.WRITE,)
    owner: bool = True
    tone: str = ""


def _reason(verb: Callable[..., object]) -> Do:
    return lambda row, form, by, now: verb(row, form.cleaned_data["reason"], by, now)


def _plain(verb: Callable[..., object]) -> Do:
    return lambda row, _form, by, now: verb(row, by, now)


def _waive(row: Postmortem, form: Any, by: User, now: datetime) -> object:
    key = form.cleaned_data["what"]
    factor = row.factors.get(pk=int(key)) if key else None
    return publishing.waive(row, factor, form.cleaned_data["reason"], by, now)


def _hold(row: Postmortem, form: Any, by: User, now: datetime) -> object:
    return publishing.hold_review(row, form.cleaned_data["held_at"] or now, form.answers(), by, now)


def _schedule(row: Postmortem, form: Any, by: User, now: datetime) -> object:
    given = form.cleaned_data
    return publishing.schedule_review(row, given["at"], by, now, minutes=given["minutes"], place=given["place"])


_POSTMORTEM: Final = (
    Deed(
        "start_review",
        _t("Start the review"),
        _t("Its readers are asked; its text can still be changed."),
        _plain(publishing.start_review),
        tone="io-primary",
    ),
    Deed(
        "schedule_review",
        _t("Schedule the meeting"),
        _t("Everybody proposed gets an invitation by mail; moved, an update of it. The first clock asks for this."),
        _schedule,
        forms.ScheduleForm,
    ),
    Deed(
        "invite",
        _t("Send invitations"),
        _t("Who was proposed since then is invited, and who is proposed no more is told. Nobody is asked twice."),
        _plain(publishing.invite),
    ),
    Deed(
        "cancel_review",
        _t("Cancel the meeting"),
        _t("Everybody invited is told, and the clock runs as if none had been scheduled."),
        _reason(publishing.cancel_review),
        forms.ReasonForm,
    ),
    Deed(
        "hold_review",
        _t("The review was held"),
        _t("Say who was there: everybody invited is marked, take out who was not."),
        _hold,
        forms.HeldForm,
    ),
    Deed(
        "waive",
        _t("Waive"),
        _t("A cause about which nothing is done has a reason, and somebody who signs for it."),
        _waive,
        forms.WaiverForm,
        needs=(rights.PUBLISH,),
        owner=False,
    ),
    Deed(
        "publish",
        _t("Publish"),
        _t("Everybody can read it and its text is fixed. It is closed by itself when its last action is done."),
        _plain(publishing.publish),
        needs=(rights.PUBLISH,),
        tone="io-primary",
    ),
    Deed(
        "reopen",
        _t("Reopen"),
        _t("It goes back to review: its text can be changed again."),
        _reason(publishing.reopen),
        forms.ReasonForm,
        needs=(rights.PUBLISH,),
    ),
    Deed(
        "assign",
        _t("Owner"),
        _t("Whoever owns it is reminded, and may write and publish it."),
        lambda row, form, by, now: drafting.assign(row, form.cleaned_data["owner"], by, now),
        forms.PersonForm,
    ),
    Deed(
        "comment",
        _t("Comment"),
        _t("It stands below the text and is never changed."),
        lambda row, form, by, now: drafting.comment(row, form.cleaned_data["text"], by, now),
        forms.CommentForm,
        needs=(rights.COMMENT,),
    ),
)
_ACTION: Final = (
    Deed("begin", _t("Begin"), _t("Somebody works on it."), _plain(actions.begin)),
    Deed(
        "block",
        _t("Blocked"),
        _t("It waits for something; its due date stays."),
        _reason(actions.block),
        forms.ReasonForm,
    ),
    Deed(
        "finish",
        _t("Done"),
        _t("The last action of a published postmortem closes it."),
        lambda row, form, by, now: actions.finish(row, form.cleaned_data["evidence"], by, now),
        forms.EvidenceForm,
        tone="io-primary",
    ),
    Deed(
        "move",
        _t("Move the date"),
        _t("Each move is kept, with its reason."),
        lambda row, form, by, now: actions.move(row, form.cleaned_data["to_on"], form.cleaned_data["reason"], by, now),
        forms.MoveForm,
    ),
    Deed(
        "assign",
        _t("Hand over"),
        _t("From now on it is theirs, with the date that it has."),
        lambda row, form, by, now: actions.assign(
            row, form.cleaned_data["owner"], form.cleaned_data["reason"], by, now
        ),
        forms.HandoverForm,
    ),
    Deed(
        "decline",
        _t("Won't do"),
        _t("You approve that it will not be done, and say why."),
        _reason(actions.decline),
        forms.ReasonForm,
        needs=(rights.APPROVE,),
        owner=False,
    ),
    Deed("reopen", _t("Reopen"), _t("It is open again."), _reason(actions.reopen), forms.ReasonForm),
)
POSTMORTEM: Final[Mapping[str, Deed]] = MappingProxyType({deed.slug: deed for deed in _POSTMORTEM})
ACTION: Final[Mapping[str, Deed]] = MappingProxyType({deed.slug: deed for deed in _ACTION})
# What is possible in any state.
ALWAYS: Final = ("assign", "comment")


def of_postmortem(row: Postmortem, user: User) -> list[Deed]:
    """What this person may do to it as it stands; the verbs judge again."""
    now_possible = {*publishing.possible(row), *ALWAYS}
    return [deed for deed in _POSTMORTEM if deed.slug in now_possible and allowed(deed, row, user)]


def of_action(row: ActionItem, user: User) -> list[Deed]:
    """The same for an action item."""
    return [deed for deed in _ACTION if deed.slug in actions.possible(row) and allowed(deed, row, user)]


def possible(deed: Deed, row: Postmortem | ActionItem) -> bool:
    """Whether its state allows it."""
    if isinstance(row, ActionItem):
        return deed.slug in actions.possible(row)
    return deed.slug in {*publishing.possible(row), *ALWAYS}


def allowed(deed: Deed, row: Postmortem | ActionItem, user: User) -> bool:
    """Whether the person's rights are enough for it."""
    if isinstance(row, Postmortem):
        return rights.may(row, user, *deed.needs, owner=deed.owner)
    needed = deed.needs if deed.needs != (rights.WRITE,) else (rights.WRITE_ACTION,)
    return (deed.owner and row.owner_id == user.pk) or any(user.has_perm(each) for each in needed)
