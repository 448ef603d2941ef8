"""A postmortem's texts and values, changed by people: whoever saves second is told of the first."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from incidents.lifecycle import Refused
from incidents.models import Incident
from oncall.models import User
from oncall.text import plain
from postmortems import events, rights
from postmortems.drafting.making import assessment
from postmortems.models import Comment, Postmortem, PostmortemEvent
from postmortems.models.postmortems import Impact, Instants

MAX_TEXT: Final = 100_000
MAX_COMMENT: Final = 10_000
QUIET: Final = timedelta(minutes=30)
SECTIONS: Final = (
    *("summary", "detection", "symptom", "root_cause", "went_well", "went_poorly", "got_lucky", "lessons"),
)
EDITABLE: Final = (
    *("title", "service", "severity", "assessed", "happened_on", "stated_duration"),
    *(field.name for field in Impact._meta.get_fields()),
    *(field.name for field in Instants._meta.get_fields()),
    *SECTIONS,
)


class Stale(Exception):  # noqa: N818  (it reads as what happened)
    """Somebody saved since the text was read; `theirs` is what stands there now."""

    def __init__(self, theirs: Postmortem) -> None:
        super().__init__(theirs.number)
        self.theirs = theirs


def edit(
    postmortem: Postmortem, version: int, changes: Mapping[str, Any], by: User | None, now: datetime
) -> Postmortem:
    """Set the values (see EDITABLE) on what the person read as `version`; nothing changes where they are as before.

    Raises Stale, Refused (the field at fault; conflict once it is published), NotAllowed.
    """
    unknown = [name for name in changes if name not in EDITABLE]
    if unknown:
        raise Refused(_("Unknown field."), unknown[0])
    with events.locked(postmortem) as fresh:
        check_open(fresh, by)
        if fresh.version != version:
            raise Stale(fresh)
        given = {name: _clean(name, value) for name, value in changes.items()}
        changed = [name for name, value in given.items() if getattr(fresh, name) != value]
        if not changed:
            return fresh
        before = fresh.assessed
        for name in changed:
            setattr(fresh, name, given[name])
        _validate(fresh, changed)
        declared, assessed = fresh.severity, fresh.assessed
        if assessed is not None and declared is not None and assessed not in (before, declared):
            events.add(fresh, PostmortemEvent.Kind.ASSESSED, assessment(declared, assessed), by, now)
        touched(fresh, by, now)
        return fresh


def assign(postmortem: Postmortem, owner: User, by: User | None, now: datetime) -> Postmortem:
    """Make somebody the owner. Raises Refused (owner) for who is not active or may not see it, NotAllowed."""
    with events.locked(postmortem) as fresh:
        rights.check(fresh, by, rights.WRITE, owner=True)
        if not owner.is_active:
            raise Refused(_("%(name)s is not active.") % {"name": owner}, "owner")
        if not rights.may_see(fresh, owner):
            raise Refused(_("%(name)s may not see it: add them to the incident first.") % {"name": owner}, "owner")
        if fresh.owner_id != owner.pk:
            fresh.owner = owner
            fresh.save(update_fields=["owner"])
            text = _("The owner is %(owner)s.") % {"owner": owner}
            events.add(fresh, PostmortemEvent.Kind.OWNER, text, by, now)
        return fresh


def comment(postmortem: Postmortem, text: str, by: User, now: datetime) -> Comment:
    """Say something below it, whatever its state. Raises Refused (text), NotAllowed."""
    if len(text) > MAX_COMMENT:
        raise Refused(_("At most 10,000 characters."), "text")
    text = plain(text).strip()
    if not text:
        raise Refused(_("Write something."), "text")
    rights.check(postmortem, by, rights.COMMENT, owner=True)
    return Comment.objects.create(postmortem=postmortem, at=now, by=by, by_name=str(by)[:150], text=text)


def check_open(postmortem: Postmortem, by: User | None) -> None:
    """Raise unless its text may be changed, by them and now."""
    rights.check(postmortem, by, rights.WRITE, owner=True)
    if postmortem.state not in Postmortem.UNPUBLISHED:
        raise Refused(_("It is published: reopen it first."), conflict=True)


def touched(postmortem: Postmortem, by: User | None, now: datetime) -> None:
    """Save it as a new version. Saving while typing is one event, not hundreds."""
    postmortem.version += 1
    postmortem.save()
    last = postmortem.events.order_by("-at", "-pk").first()
    again = last is not None and last.kind == PostmortemEvent.Kind.EDITED and last.actor_id == (by.pk if by else None)
    if not (again and last is not None and now - last.at < QUIET):
        events.add(postmortem, PostmortemEvent.Kind.EDITED, _("The text was edited."), by, now)


def _clean(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    field = Postmortem._meta.get_field(name)
    if isinstance(field, models.TextField) and len(value) > MAX_TEXT:
        raise Refused(_("At most 100,000 characters."), name)
    text = plain(value).strip()
    return text.upper() if name == "revenue_currency" else text


def _validate(postmortem: Postmortem, changed: list[str]) -> None:
    if not postmortem.title:
        raise Refused(_("Write a title."), "title")
    if postmortem.revenue_amount is not None and len(postmortem.revenue_currency) != 3:
        raise Refused(_("Say in which currency: three letters, such as EUR."), "revenue_currency")
    names = {field.name for field in Postmortem._meta.fields}
    try:
        postmortem.clean_fields(exclude=names - set(changed))
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise Refused(messages[0], name) from error


def visible_incident(number: str, by: User) -> Incident | None:
    """The incident of this number, if they may see it."""
    return Incident.objects.visible_to(by).filter(number=number.strip().upper()).first()
