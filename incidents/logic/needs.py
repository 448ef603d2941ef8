"""When a policy must reach somebody: for which severities services use it, and when those page."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

ALWAYS, WORKING_HOURS, NEVER = "always", "working_hours", "never"

Hours = TypeVar("Hours")


@dataclass(frozen=True, slots=True)
class Use(Generic[Hours]):
    """A service's incidents of one severity page by `policy`; `page` says when, `hours` are those of its team."""

    policy: int
    page: str
    urgency: str
    hours: Hours


@dataclass(frozen=True, slots=True)
class Needed(Generic[Hours]):
    """`hours` None: at any time; else within any of them. Urgent where any of the severities is."""

    urgency: str
    hours: frozenset[Hours] | None


def needed(uses: Iterable[Use[Hours]]) -> dict[int, Needed[Hours]]:
    """By policy; one that only severities use that never page is not needed at all."""
    found: dict[int, list[Use[Hours]]] = {}
    for use in uses:
        if use.page != NEVER:
            found.setdefault(use.policy, []).append(use)
    return {policy: _together(own) for policy, own in found.items()}


def _together(uses: list[Use[Hours]]) -> Needed[Hours]:
    urgency = "high" if any(use.urgency == "high" for use in uses) else "low"
    always = any(use.page == ALWAYS for use in uses)
    return Needed(urgency, None if always else frozenset(use.hours for use in uses))
