"""A whole postmortem as values: what models, readiness, import and export have in common.

Texts are Markdown as their authors wrote it, without blank lines at either end; an empty text is one not written.
Instants are aware UTC.
"""

from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

LEVELS: Final = ("SEV-1", "SEV-2", "SEV-3", "SEV-4")
PRIORITIES: Final = ("P1", "P2", "P3", "P4")
# What an action addresses: a factor by its key, or the root cause by this one.
ROOT_CAUSE: Final = "root-cause"


class FactorClass(StrEnum):
    PEOPLE = "people"
    PROCESS = "process"
    TOOLING = "tooling"


class GapKind(StrEnum):
    """What could not be seen while it happened."""

    MISSING_METRIC = "missing_metric"
    SILENT_FAILURE = "silent_failure"
    NO_CAUSAL_SIGNAL = "no_causal_signal"
    STALE_DASHBOARD = "stale_dashboard"
    ALERT_FATIGUE = "alert_fatigue"


class ActionKind(StrEnum):
    PREVENT = "prevent"
    DETECT = "detect"
    MITIGATE = "mitigate"
    PROCESS = "process"


class ActionStatus(StrEnum):
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    BLOCKED = "blocked"
    DONE = "done"
    WONT_DO = "wont_do"


@dataclass(frozen=True, slots=True)
class Person:
    """`name` as somebody wrote it; `username` where it is known which account that is."""

    name: str
    username: str = ""


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody proposed for the review; `attended` None until it is recorded."""

    person: Person
    role: str = ""
    attended: bool | None = None


@dataclass(frozen=True, slots=True)
class Instants:
    """The named instants of an incident; None is not known. `changed_at` is the last deploy or other change before."""

    changed_at: datetime | None = None
    impact_started_at: datetime | None = None
    alerted_at: datetime | None = None
    acknowledged_at: datetime | None = None
    gathered_at: datetime | None = None
    issue_found_at: datetime | None = None
    cause_found_at: datetime | None = None
    mitigation_started_at: datetime | None = None
    rolled_back_at: datetime | None = None
    recovered_at: datetime | None = None


INSTANTS: Final = tuple(each.name for each in fields(Instants))


@dataclass(frozen=True, slots=True)
class Impact:
    """`revenue_currency` is an ISO 4217 code; `error_budget_percent` is 35 for 35 %; `text` is all else."""

    users_affected: int | None = None
    revenue_amount: Decimal | None = None
    revenue_currency: str = ""
    error_budget_percent: Decimal | None = None
    failed_requests: int | None = None
    support_tickets: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """`entry` is the number of the incident's timeline entry that it rewords; None for one written by hand."""

    at: datetime
    text: str
    entry: int | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """One answer to "why?"; it may have several deeper ones. `is_cause` where the asking ends in a cause."""

    text: str
    is_cause: bool = False
    deeper: tuple["Why", ...] = ()


@dataclass(frozen=True, slots=True)
class FiveWhys:
    """`symptom` is what was seen, apart from the causes found by asking."""

    symptom: str = ""
    whys: tuple[Why, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiver:
    """Why nothing is done about a cause, and who answers for that."""

    reason: str = ""
    signer: Person | None = None


@dataclass(frozen=True, slots=True)
class RootCause:
    text: str = ""
    waiver: Waiver | None = None


@dataclass(frozen=True, slots=True)
class Factor:
    """A contributing factor; actions name it by `key`, which is unique in its document."""

    key: str
    text: str
    factor_class: FactorClass | None = None
    waiver: Waiver | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    kind: GapKind
    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """`addresses`: keys of factors, or ROOT_CAUSE. `reason` and `approver` belong to "won't do"."""

    description: str
    kind: ActionKind | None = None
    owner: Person | None = None
    priority: str = ""
    due_on: date | None = None
    status: ActionStatus = ActionStatus.OPEN
    addresses: tuple[str, ...] = ()
    link: str = ""
    evidence: str = ""
    reason: str = ""
    approver: Person | None = None


@dataclass(frozen=True, slots=True)
class Review:
    scheduled_at: datetime | None = None
    held_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """`severity` is the level that was declared, `assessed` the one found afterwards; "" where nobody said."""

    title: str = ""
    happened_on: date | None = None
    severity: str = ""
    assessed: str = ""
    stated_duration: timedelta | None = None
    instants: Instants = Instants()
    authors: tuple[Person, ...] = ()
    services: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    summary: str = ""
    impact: Impact = Impact()
    timeline: tuple[TimelineItem, ...] = ()
    detection: str = ""
    root_cause: RootCause = RootCause()
    five_whys: FiveWhys = FiveWhys()
    factors: tuple[Factor, ...] = ()
    went_well: str = ""
    went_poorly: str = ""
    got_lucky: str = ""
    lessons: str = ""
    gaps: tuple[Gap, ...] = ()
    actions: tuple[Action, ...] = ()
    attendees: tuple[Attendee, ...] = ()
    review: Review = Review()
