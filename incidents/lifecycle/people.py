"""Who works on it and what they write down: roles, notes, privacy."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext as _

from incidents import timeline
from incidents.lifecycle import audience, awareness, rights
from incidents.lifecycle.locks import locked, state_after
from incidents.lifecycle.paging_out import update_pages
from incidents.lifecycle.refusals import Refused
from incidents.logic.states import Verb
from incidents.models import Incident, RoleAssignment, TimelineEntry
from oncall.models import User
from oncall.paging import Actor
from oncall.text import plain

MAX_NOTE: Final = 10_000
EARLIEST_NOTE: Final = timedelta(days=1)  # before the opening: impact often began earlier
ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {"technical": RoleAssignment.Role.OPERATIONS, "technical_lead": RoleAssignment.Role.OPERATIONS}
)


def assign_role(incident: Incident, role: str, person: User | None, by: Actor, now: datetime) -> Incident:
    """Give a role to a person from now on; the former holder's time ends. None vacates it.

    Everybody who may respond takes a role themselves or hands over their own; others' roles are the commander's.
    Raises Refused (role, person, conflict).
    """
    role = ALIASES.get(role, role)
    if role not in RoleAssignment.Role.values:
        names = ", ".join(RoleAssignment.Role.values)
        raise Refused(_("Write one of: %(roles)s.") % {"roles": names}, "role")
    if person is not None and not person.is_active:
        raise Refused(_("%(name)s is not active.") % {"name": person}, "person")
    with locked(incident) as (fresh,):
        rights.check(fresh, by, *_needed(fresh, role, person, by))
        state_after(fresh, Verb.ASSIGN_ROLE)
        held = fresh.roles.filter(role=role, ends_at=None).select_related("person").first()
        if (held.person if held else None) == person:
            return fresh
        if held:
            held.ends_at = now
            held.save(update_fields=["ends_at"])
        if person:
            RoleAssignment.objects.create(incident=fresh, role=role, person=person, starts_at=now)
            audience.admit({fresh.pk: [person.pk]}, now)
        timeline.add(fresh, TimelineEntry.Kind.ROLE, _role_text(role, held, person), by, now)
        return fresh


def note(incident: Incident, text: str, by: Actor, now: datetime, at: datetime | None = None) -> Incident:
    """Write a note of at most 10,000 characters, for now or for an instant past, at most a day before the opening.

    Raises Refused (text, at).
    """
    if len(text) > MAX_NOTE:
        raise Refused(_("At most 10,000 characters."), "text")
    text = plain(text).strip()
    if not text:
        raise Refused(_("Write something."), "text")
    with locked(incident) as (fresh,):
        rights.check(fresh, by, rights.RESPOND, woken=True)
        state_after(fresh, Verb.NOTE)
        if at is not None and not fresh.opened_at - EARLIEST_NOTE <= at <= now:
            raise Refused(_("Not in the future, and at most a day before the incident opened."), "at")
        timeline.add(fresh, TimelineEntry.Kind.NOTE, text, by, now, at)
        return fresh


def set_private(incident: Incident, private: bool, by: Actor, now: datetime) -> Incident:
    """Hide the incident, its pages and its notices from everybody but those on it, or show them again."""
    with locked(incident) as (fresh,):
        rights.check(fresh, by, rights.COMMAND, rights.SEE_PRIVATE)
        if fresh.private == private:
            return fresh
        fresh.private = private
        fresh.save()
        # Whoever hides it stays on it, as do all who were paged for it so far.
        if private and by.user is not None:
            audience.admit({fresh.pk: [by.user.pk]}, now)
        audience.follow(fresh, now)
        update_pages(fresh, now)
        awareness.follow_privacy(fresh, now)
        text = _("Made private.") if private else _("No longer private.")
        timeline.add(fresh, TimelineEntry.Kind.PRIVACY, text, by, now)
        return fresh


def _needed(incident: Incident, role: str, person: User | None, by: Actor) -> tuple[str, ...]:
    """The permissions of which one is enough."""
    if by.user is None:
        return ()
    holders = dict(incident.roles.filter(ends_at=None).values_list("role", "person"))
    own = by.user.pk in (holders.get(role), holders.get(RoleAssignment.Role.COMMANDER))
    taking = person is not None and person.pk == by.user.pk
    return (rights.RESPOND, rights.COMMAND) if own or taking else (rights.COMMAND,)


def _role_text(role: str, held: RoleAssignment | None, person: User | None) -> str:
    names = {"role": RoleAssignment.Role(role).label, "from": held.person if held else "", "to": person}
    if person is None:
        return _("%(role)s: %(from)s, until now.") % names
    if held is None:
        return _("%(role)s: %(to)s.") % names
    return _("%(role)s: %(from)s hands over to %(to)s.") % names
