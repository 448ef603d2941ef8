"""Fold the events of one dedup key into as few changes as say the same, so that a storm costs a handful of writes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from incidents.logic.severity import more_severe, most_severe


class SignalFacts(Protocol):
    """What folding needs of a signal."""

    @property
    def action(self) -> str: ...
    @property
    def dedup_key(self) -> str: ...
    @property
    def values(self) -> Mapping[str, str]: ...


S = TypeVar("S", bound=SignalFacts)


@dataclass(frozen=True, slots=True)
class Incoming(Generic[S]):
    """A signal as received: `at` is the instant of receipt, `rank` the severity after mapping (1 the most severe)."""

    signal: S
    at: datetime
    rank: int


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """The alert of this key that is open now; `rank` is the most severe it has had."""

    rank: int


@dataclass(slots=True)
class Open(Generic[S]):
    """A new alert, made from its first signal; `count` events in all, `rank` the most severe among them."""

    first: Incoming[S]
    count: int
    values: Mapping[str, str]
    last_seen_at: datetime
    rank: int


@dataclass(slots=True)
class Repeat:
    """`count` more events for the key's open alert. Empty `values` leave those it has; `rank` is the most severe so
    far; `raised` says that it was raised by these events."""

    count: int
    values: Mapping[str, str]
    last_seen_at: datetime
    rank: int
    raised: bool


@dataclass(frozen=True, slots=True)
class Acknowledge(Generic[S]):
    """The alert's incident is acknowledged; the alert stays open."""

    by: Incoming[S]

    @property
    def at(self) -> datetime:
        """When the event was received."""
        return self.by.at


@dataclass(frozen=True, slots=True)
class Resolve:
    """The alert is resolved."""

    resolved_at: datetime


Change = Open[S] | Repeat | Acknowledge[S] | Resolve


@dataclass(slots=True)
class _Folding(Generic[S]):
    """The changes so far, and those of the alert now open that later events may still be added to."""

    rank: int | None
    changes: list[Change[S]] = field(default_factory=list)
    counting: Open[S] | Repeat | None = None
    acknowledged: bool = False

    def trigger(self, incoming: Incoming[S]) -> None:
        values = incoming.signal.values
        if self.rank is None:
            self._count_in(Open(incoming, 1, values, incoming.at, incoming.rank))
            self.rank, self.acknowledged = incoming.rank, False
            return
        raised = more_severe(incoming.rank, self.rank)
        self.rank = most_severe(incoming.rank, self.rank)
        # A raise after an acknowledgement triggers the incident again: it must stay behind the acknowledgement.
        if self.counting is None or (raised and self.acknowledged):
            self._count_in(Repeat(1, values, incoming.at, self.rank, raised))
            self.acknowledged = self.acknowledged and not raised
            return
        counting = self.counting
        counting.count += 1
        counting.values = values or counting.values
        counting.last_seen_at = max(counting.last_seen_at, incoming.at)
        counting.rank = self.rank
        if isinstance(counting, Repeat):
            counting.raised = counting.raised or raised

    def acknowledge(self, incoming: Incoming[S]) -> None:
        if self.rank is not None and not self.acknowledged:
            self.changes.append(Acknowledge(incoming))
            self.acknowledged = True

    def resolve(self, incoming: Incoming[S]) -> None:
        if self.rank is not None:
            self.changes.append(Resolve(incoming.at))
            self.rank = self.counting = None

    def _count_in(self, change: Open[S] | Repeat) -> None:
        self.changes.append(change)
        self.counting = change


def by_key(batch: Iterable[Incoming[S]]) -> dict[str, list[Incoming[S]]]:
    """One integration's batch split by dedup key, each in its order of arrival."""
    keys: dict[str, list[Incoming[S]]] = {}
    for incoming in batch:
        keys.setdefault(incoming.signal.dedup_key, []).append(incoming)
    return keys


def fold(signals: Sequence[Incoming[S]], open_alert: OpenAlert | None) -> list[Change[S]]:
    """One key's events, in order of arrival, as changes to be applied in their order.

    An Open begins a new alert that the changes after it, up to its Resolve, belong to; those before the first Open
    belong to `open_alert`. Acknowledge or resolve without an open alert changes nothing; a trigger after a Resolve
    opens another alert. A second acknowledgement is dropped unless a raise came between.
    """
    folding: _Folding[S] = _Folding(open_alert.rank if open_alert else None)
    for incoming in signals:
        match str(incoming.signal.action):
            case "trigger":
                folding.trigger(incoming)
            case "acknowledge":
                folding.acknowledge(incoming)
            case "resolve":
                folding.resolve(incoming)
    return folding.changes
