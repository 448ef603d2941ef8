"""The incident's states and which verb is possible in which: one table, asked by every face."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    """Where an incident stands. The first three are open."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Verb(StrEnum):
    """What can be done to an incident."""

    ACKNOWLEDGE = "acknowledge"
    SET_SEVERITY = "set_severity"
    ASSIGN_ROLE = "assign_role"
    NOTE = "note"
    ESCALATE = "escalate"
    PAGE = "page"
    MITIGATE = "mitigate"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    MERGE = "merge"
    DISMISS = "dismiss"
    CLOSE = "close"


OPEN_STATES: Final = (State.TRIGGERED, State.ACKNOWLEDGED, State.MITIGATED)


def _staying(*states: State) -> dict[State, State]:
    return {state: state for state in states}


def _to(target: State, *states: State) -> dict[State, State]:
    return dict.fromkeys(states, target)


# verb → {state before: state after}; a state that is not named does not allow the verb.
_TABLE: Final[Mapping[Verb, Mapping[State, State]]] = MappingProxyType(
    {
        # Acknowledging twice is what an impatient thumb does: harmless.
        Verb.ACKNOWLEDGE: _to(State.ACKNOWLEDGED, State.TRIGGERED, State.ACKNOWLEDGED),
        Verb.SET_SEVERITY: _staying(*OPEN_STATES, State.RESOLVED),
        Verb.ASSIGN_ROLE: _staying(*OPEN_STATES, State.RESOLVED),
        Verb.NOTE: _staying(*State),
        Verb.ESCALATE: _staying(*OPEN_STATES),
        Verb.PAGE: _staying(*OPEN_STATES),
        Verb.MITIGATE: _to(State.MITIGATED, State.TRIGGERED, State.ACKNOWLEDGED),
        Verb.RESOLVE: _to(State.RESOLVED, *OPEN_STATES),
        Verb.REOPEN: _to(State.TRIGGERED, State.RESOLVED, State.CLOSED),
        Verb.MERGE: _to(State.CLOSED, *OPEN_STATES),
        # A false alarm is often seen to be one only after it resolved by itself.
        Verb.DISMISS: _to(State.CLOSED, *OPEN_STATES, State.RESOLVED),
        Verb.CLOSE: _to(State.CLOSED, State.RESOLVED),
    }
)


class IllegalVerb(ValueError):  # noqa: N818  (it reads as what happened)
    """The verb is not possible in this state; `possible` names those that are."""

    def __init__(self, state: State, verb: Verb) -> None:
        self.state = state
        self.verb = verb
        self.possible = possible(state)
        words = ", ".join(self.possible)
        super().__init__(f"A {state} incident cannot take “{verb}”. Possible now: {words}.")


def is_open(state: str) -> bool:
    """Is somebody still needed? True for triggered, acknowledged and mitigated."""
    return state in OPEN_STATES


def allowed(state: str, verb: str) -> bool:
    """May `verb` be done now? Raises ValueError for an unknown word."""
    return State(state) in _TABLE[Verb(verb)]


def possible(state: str) -> tuple[Verb, ...]:
    """Every verb that may be done in `state`."""
    return tuple(verb for verb in Verb if allowed(state, verb))


def after(state: str, verb: str) -> State:
    """The state after `verb`. Raises IllegalVerb where it is not possible, ValueError for an unknown word."""
    if not allowed(state, verb):
        raise IllegalVerb(State(state), Verb(verb))
    return _TABLE[Verb(verb)][State(state)]


def after_raise(state: str) -> State:
    """The state once the severity was raised: somebody is paged anew, so an open incident is triggered again."""
    return State.TRIGGERED if is_open(state) else State(state)
