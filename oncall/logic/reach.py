"""Whether a person can be reached for a page, and if not, why."""

from collections.abc import Iterable
from dataclasses import dataclass
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
class Reachability:
    """What decides about one person at one instant: rules for the page's urgency, and those of them whose contact
    method is verified."""

    active: bool
    on_leave: bool
    rules: int
    verified_rules: int


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
    if not person.rules:
        return Why.NO_RULE
    if not person.verified_rules:
        return Why.UNVERIFIED
    return None


def in_words(misses: Iterable[Miss]) -> list[dict[str, str]]:
    """Misses as a step's record keeps them."""
    return [{"target": miss.target, "person": miss.person, "why": str(miss.why)} for miss in misses]
