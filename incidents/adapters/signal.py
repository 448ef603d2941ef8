"""One parsed event, whatever its sender's format, and what an adapter is given and gives back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from incidents.logic.severity import DEFAULT_MAP

NewKey = Callable[[], str]


class Action(StrEnum):
    """What a sender asks for; the words are those of Events v2."""

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True)
class Signal:
    """Clean and bounded: every string fits its column and may be shown (escaped) anywhere.

    `dedup_key` is always filled, at most 255 characters. `severity` is the sender's own word in lower case, "" when
    there is none. `title` may be empty where the sender gives none to acknowledge or resolve. `links` hold only
    http and https addresses. `started_at` is aware UTC.
    """

    action: Action
    title: str
    dedup_key: str
    severity: str = ""
    source: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    links: list[dict[str, str]] = field(default_factory=list)
    started_at: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """The signal as a plain dict for the inbox row."""
        return {
            "action": self.action.value,
            "title": self.title,
            "dedup_key": self.dedup_key,
            "severity": self.severity,
            "source": self.source,
            "labels": dict(self.labels),
            "values": dict(self.values),
            "links": [dict(link) for link in self.links],
            "started_at": self.started_at.isoformat() if self.started_at else None,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read back what `to_json` wrote. Raises KeyError or ValueError for anything else."""
        started_at = data.get("started_at")
        return cls(
            action=Action(data["action"]),
            title=data["title"],
            dedup_key=data["dedup_key"],
            severity=data.get("severity", ""),
            source=data.get("source", ""),
            labels=dict(data.get("labels", {})),
            values=dict(data.get("values", {})),
            links=[dict(link) for link in data.get("links", [])],
            started_at=datetime.fromisoformat(started_at) if started_at else None,
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one event of a body was not taken: its position, the field at fault ("" for the whole), a sentence."""

    index: int
    field: str
    message: str

    def to_json(self) -> dict[str, Any]:
        """As the answer to the sender names it."""
        return {"index": self.index, "field": self.field, "message": self.message}


@dataclass(frozen=True, slots=True)
class Parsed:
    """The good events of a body in their order, and the bad ones named. Both empty: nothing to do, nothing wrong."""

    signals: list[Signal] = field(default_factory=list)
    errors: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Options:
    """An integration's settings that change how a body is read.

    `severity_map` only decides which word of several is the most severe. `key_in_body`: the body itself must carry a
    well-formed key (Events v2); false where the key came in a header or an address.
    """

    per_alert: bool = False
    key_in_body: bool = True
    severity_map: Mapping[str, str] = field(default_factory=lambda: DEFAULT_MAP)
