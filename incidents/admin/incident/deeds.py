"""What can be done on the incident page: one row per verb, each through its door in the lifecycle."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _t

from incidents.admin.incident import doing, forms
from incidents.lifecycle import rights
from incidents.logic import states
from incidents.logic.states import Verb
from incidents.models import Incident, TimelineEntry
from oncall.models import User
from oncall.paging import Actor

Words = str | Promise
Do = Callable[[Incident, Actor, datetime, Mapping[str, Any]], str]
ANSWER: Final = (rights.RESPOND,)
LEAD: Final = (rights.COMMAND,)


@dataclass(frozen=True, slots=True)
class Deed:
    """`slug` stands in the address. `woken`: whoever was paged may, without a permission. `at_once`: one click.

    `asked_again`: entries of these kinds since its form was opened are told first; it is done when it is sent again.
    """

    slug: str
    label: Words
    explanation: Words
    verb: Verb | None
    do: Do
    form: type[forms.VerbForm] = forms.VerbForm
    needs: tuple[str, ...] = ANSWER
    woken: bool = False
    at_once: bool = False
    tone: str = ""
    button: Words = ""  # of its form, where the label alone does not say what happens
    asked_again: tuple[str, ...] = ()


_DEEDS: Final = (
    Deed(
        "acknowledge",
        _t("Acknowledge"),
        _t("You take it: every message that was not sent yet is stopped, and whoever was paged is told."),
        Verb.ACKNOWLEDGE,
        doing.acknowledge,
        woken=True,
        at_once=True,
        tone="io-primary",
    ),
    Deed(
        "severity",
        _t("Severity"),
        _t("A raise pages anew under the new level. In doubt choose the higher one: lowering it later is easy."),
        Verb.SET_SEVERITY,
        doing.severity,
        forms.SeverityForm,
        button=_t("Change severity"),
        asked_again=(TimelineEntry.Kind.SEVERITY,),
    ),
    Deed(
        "role",
        _t("Role"),
        _t("From now on; the former holder's time ends."),
        Verb.ASSIGN_ROLE,
        doing.role,
        forms.RoleForm,
        needs=(rights.RESPOND, rights.COMMAND),
        button=_t("Assign the role"),
        asked_again=(TimelineEntry.Kind.ROLE,),
    ),
    Deed(
        "note",
        _t("Note"),
        _t("It stays on the timeline; nothing there is ever changed."),
        Verb.NOTE,
        doing.note,
        forms.NoteForm,
        button=_t("Add note"),
        woken=True,
    ),
    Deed(
        "mitigate",
        _t("Mitigated"),
        _t("Users are no longer affected; the cause may still be there. Paging stops."),
        Verb.MITIGATE,
        doing.mitigate,
        forms.MitigateForm,
        button=_t("It is mitigated"),
    ),
    Deed(
        "resolve",
        _t("Resolve"),
        _t("It is over: everything that pages ends, and open alerts count as resolved."),
        Verb.RESOLVE,
        doing.resolve,
        forms.ResolveForm,
        woken=True,
        tone="io-primary",
    ),
    Deed(
        "reopen",
        _t("Reopen"),
        _t("It is not over: it is triggered and paged again."),
        Verb.REOPEN,
        doing.reopen,
        forms.ReasonForm,
    ),
    Deed(
        "page",
        _t("Page someone"),
        _t("They are paged every few minutes until they answer themselves, whoever else acknowledges."),
        Verb.PAGE,
        doing.page,
        forms.PersonForm,
        button=_t("Page them"),
    ),
    Deed(
        "escalate",
        _t("Escalate now"),
        _t("The next step of the policy is paged now instead of later. Who has the incident keeps it."),
        Verb.ESCALATE,
        doing.escalate,
        woken=True,
    ),
    Deed(
        "pass_on",
        _t("Pass on"),
        _t("You cannot take it: it is nobody's again, and the next step of the policy is paged now."),
        Verb.ESCALATE,
        doing.pass_on,
        woken=True,
    ),
    Deed(
        "merge",
        _t("Merge"),
        _t("This one is closed as a duplicate; its alerts and responders move to the other."),
        Verb.MERGE,
        doing.merge,
        forms.MergeForm,
        needs=LEAD,
    ),
    Deed(
        "dismiss",
        _t("Dismiss"),
        _t("It was a false alarm: it is closed and nobody is paged any more."),
        Verb.DISMISS,
        doing.dismiss,
        forms.ReasonForm,
        woken=True,
        asked_again=(TimelineEntry.Kind.SEVERITY, TimelineEntry.Kind.ACKNOWLEDGED),
    ),
    Deed("close", _t("Close"), _t("Nothing is left to do."), Verb.CLOSE, doing.close, needs=LEAD),
    Deed(
        "private",
        _t("Private"),
        _t("A private incident is seen only by its roles, its responders, those it paged, and the group Security."),
        None,
        doing.private,
        forms.PrivateForm,
        needs=(rights.COMMAND, rights.SEE_PRIVATE),
    ),
)
DEEDS: Final[Mapping[str, Deed]] = MappingProxyType({deed.slug: deed for deed in _DEEDS})


def offered(incident: Incident, user: User, responders: Iterable[int], paged_by_hand: Iterable[int]) -> list[Deed]:
    """What this person may do to the incident as it stands; the lifecycle checks again.

    `responders`: keys of who is on it. `paged_by_hand`: keys of people who were and have not answered.
    """
    woken = user.pk in responders
    unanswered = user.pk in paged_by_hand
    return [
        deed
        for deed in DEEDS.values()
        if may(deed, user, woken=woken) and _fits(deed, incident, user, woken=woken, unanswered=unanswered)
    ]


def label(deed: Deed, incident: Incident) -> Words:
    """What its button says."""
    if deed.slug == "private":
        return _t("Make public") if incident.private else _t("Make private")
    return deed.label


def may(deed: Deed, user: User, *, woken: bool) -> bool:
    """Whether the person's rights are enough for it."""
    return (deed.woken and woken) or any(user.has_perm(permission) for permission in deed.needs)


def possible(deed: Deed, incident: Incident) -> bool:
    """Whether the incident's state allows it."""
    return deed.verb is None or states.allowed(incident.state, deed.verb)


def _fits(deed: Deed, incident: Incident, user: User, *, woken: bool, unanswered: bool) -> bool:
    if deed.verb is Verb.ACKNOWLEDGE and incident.is_open:
        return incident.state == Incident.State.TRIGGERED or unanswered
    if not possible(deed, incident):
        return False
    if deed.slug == "pass_on":
        return incident.acknowledged_by_id == user.pk or unanswered or (woken and incident.acknowledged_at is None)
    return deed.verb is not Verb.REOPEN or incident.merged_into_id is None
