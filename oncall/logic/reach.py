"""Whether a person can be reached for a page, by which of their rules, and if not, why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Why(StrEnum):
    """Why a target or a person of a step was not reached."""

    NO_TARGET = "no target"
    EMPTY_LAYER = "empty layer"
    INACTIVE = "inactive"
    ON_LEAVE = "on leave"
    NO_RULE = "no rule"
    UNVERIFIED = "unverified"
    REFUSED = "provider refused"


@dataclass(frozen=True, slots=True)
class Route:
    """One notification rule with its contact method: how, where, and how long after the step."""

    rule: int
    method: int
    slug: str
    kind: str
    address: str
    verified: bool
    delay: timedelta


@dataclass(frozen=True, slots=True)
class Reachability:
    """What decides about one person at one instant; `routes` are those of the page's urgency."""

    active: bool
    on_leave: bool
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class Miss:
    """A target, or a person of it, that a step could not reach."""

    target: str
    person: str
    why: Why


def obstacle(person: Reachability, *, on_duty: bool) -> Why | None:
    """Why the person cannot be reached; None: they can.

    `on_duty`: a schedule names them. A schedule passes turns on during leave by itself, so whom it still names was put
    there by an override, which outranks leave.
    """
    if not person.active:
        return Why.INACTIVE
    if person.on_leave and not on_duty:
        return Why.ON_LEAVE
    if not person.routes:
        return Why.NO_RULE
    if not any(route.verified for route in person.routes):
        return Why.UNVERIFIED
    return None


def usable(routes: Iterable[Route]) -> tuple[Route, ...]:
    """The routes whose contact method counts, soonest first."""
    return tuple(sorted((route for route in routes if route.verified), key=lambda r: (r.delay, r.rule)))


def in_words(misses: Iterable[Miss]) -> list[dict[str, str]]:
    """Misses as a step's record keeps them."""
    return [{"target": miss.target, "person": miss.person, "why": str(miss.why)} for miss in misses]
