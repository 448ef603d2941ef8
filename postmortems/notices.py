"""What is sent about postmortems and action items: whom it is for, and how it is written for them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from oncall import letters, outbox
from oncall.letters import Letter
from oncall.logic.hours import sound_zone
from oncall.models import Team, User
from oncall.outbox import Draft
from postmortems import rights
from postmortems.models import Postmortem

PAGES: Final = frozenset({"email", "console"})  # transports that have room for a letter
GIVE_UP_AFTER: Final = timedelta(days=1)
MANAGERS: Final = "Manager"  # the shipped group


def draft(key: str, kind: str, title: str, text: str, path: str, now: datetime, *, private: bool = False) -> Draft:
    """A template for the outbox: low urgency, given up after a day. `path` is the page to open."""
    return Draft(
        key=key,
        kind=kind,
        title=title,
        text=text,
        link=settings.SITE_URL + path,
        due_at=now,
        give_up_at=now + GIVE_UP_AFTER,
        private=private,
        urgency="low",
    )


def letter(key: str, kind: str, title: str, said: Letter, now: datetime) -> Draft:
    """A template for the outbox from a letter, whose link it opens; for its reader only."""
    made = draft(key, kind, title, letters.as_text(said), "", now, private=True)
    return made._replace(link=said.link, letter=letters.dumps(said))


def to(person: User, template: Draft, now: datetime) -> list[Draft]:
    """One message to a person; none for who left, or has no address at all. What is no mail gets a short text."""
    if not person.is_active:
        return []
    return [_fitted(made) for made in outbox.to_person_once(person, template, now)]


def _fitted(made: Draft) -> Draft:
    if not made.letter or made.transport in PAGES:
        return made
    return made._replace(text=letters.as_short_text(letters.loads(made.letter)), letter="")


def at_their_place(at: datetime, person: User) -> str:
    """An instant in the person's zone, which is named."""
    zone = sound_zone(person.timezone)
    return f"{at.astimezone(ZoneInfo(zone)):%a %d %b %Y %H:%M} ({zone})"


def lead_of(postmortem: Postmortem) -> list[User]:
    team = team_of(postmortem)
    return _seeing(postmortem, [team.lead] if team and team.lead else [])


def managers_of(postmortem: Postmortem) -> list[User]:
    """The team's manager and the group Manager, those who may see it."""
    team = team_of(postmortem)
    wanted = Q(groups__name=MANAGERS) | Q(pk=team.manager_id if team else None)
    return _seeing(postmortem, User.objects.filter(wanted, is_active=True).distinct().order_by("pk"))


def team_of(postmortem: Postmortem) -> Team | None:
    """The team that answers for its service."""
    return postmortem.service.team if postmortem.service else None


def page_of(postmortem: Postmortem) -> str:
    return reverse("admin:postmortems_postmortem_change", args=[postmortem.pk])


def _seeing(postmortem: Postmortem, persons: Iterable[User]) -> list[User]:
    return [person for person in persons if person.is_active and rights.may_see(postmortem, person)]
