"""What callers of paging hand in and get back."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from oncall.logic.reach import Miss
from oncall.models import User
from oncall.outbox import InFlight
from oncall.signals import PageEvent


@dataclass(frozen=True, slots=True)
class Actor:
    """By whom and through what: `source` is console, api, phone, sender, engine or command."""

    user: User | None
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class PageContent:
    """What messages say. `rank` 1 is the most severe; `facts` are {label, value}, `links` {href, text};
    a private page is seen by its `audience` (user keys) only."""

    title: str
    severity_label: str
    rank: int
    urgency: str
    service: str
    started_at: datetime
    facts: tuple[dict[str, str], ...] = ()
    links: tuple[dict[str, str], ...] = ()
    private: bool = False
    audience: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A page to open: by which policy (its key; None: the fallback at once), as of when, and held or not.

    The `canary` has a policy of its own, whose one step is the loopback, and comes after everybody else."""

    subject: str
    content: PageContent
    policy: int | None
    opened_at: datetime
    hold_reason: str = ""
    canary: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a verb did: messages stopped, messages that a provider has in hand already, pages it is about."""

    changed: bool
    cancelled: int
    pages: int
    moving: tuple[InFlight, ...] = ()

    @property
    def in_flight(self) -> int:
        return len(self.moving)

    @property
    def in_flight_to(self) -> tuple[str, ...]:
        """Whose telephone may still ring, each once."""
        return tuple(dict.fromkeys(one.name for one in self.moving))


@dataclass(frozen=True, slots=True)
class PlannedPerson:
    """`why` is empty for people who can be reached."""

    name: str
    reachable: bool
    why: str


@dataclass(frozen=True, slots=True)
class Planned:
    """Something a page will do at `at` unless somebody acknowledges; step 0 is the fallback channel."""

    step: int
    round: int
    at: datetime
    people: tuple[PlannedPerson, ...] = ()
    channels: tuple[str, ...] = ()
    misses: tuple[Miss, ...] = ()

    @property
    def is_fallback(self) -> bool:
        return self.step == 0

    @property
    def names(self) -> tuple[str, ...]:
        """Who and what will be reached."""
        return (*(person.name for person in self.people if person.reachable), *self.channels)


class NothingLeft(Exception):  # noqa: N818 — an answer rather than an error
    """No step is left that could be run now."""


class Told(Protocol):
    """A page as its events name it: the model, or the columns that the engine read."""

    @property
    def pk(self) -> int: ...
    @property
    def subject(self) -> str: ...


def page_event_of(
    page: Told, kind: str, text: str, by: Actor | None, now: datetime, people: Iterable[int] = ()
) -> PageEvent:
    """An event of a page; by nobody: the engine's own doing."""
    actor = by or Actor(None, "", "engine")
    user = actor.user.pk if actor.user else None
    return PageEvent(page.subject, page.pk, kind, now, user, actor.name, actor.source, text, tuple(people))
