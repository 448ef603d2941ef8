"""One look after the other: judge, stand in for a dead engine, tell people, and be heard while all is well."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import DatabaseError

from incidentops import in_turn
from incidentops.beat import JOBS
from incidentops.canary.door import Door
from incidentops.canary.flight import Canary
from incidentops.health import Term, engine_terms
from incidentops.health.terms import CANARY, PAGING, SWEEP_LATE, database_away
from incidentops.watchdog import contacts, heartbeat
from incidentops.watchdog.alarm import Alarm
from incidentops.watchdog.lanes import Lane
from incidentops.watchdog.telling import Teller
from incidentops.watchdog.words import words

log = structlog.get_logger(__name__)

TURN_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 5.0  # a database that takes longer for a few small queries is as good as away
CALL_EVERY_SECONDS: Final = 60.0
CONTACTS_EVERY_SECONDS: Final = 60.0
CANARY_EVERY_SECONDS: Final = 10.0  # whether one is due its rows say
SETTLING_SECONDS: Final = 180.0  # what became of the last canary, perhaps long ago, says nothing until there is another

_DISPATCH: Final = "oncall.dispatch"
_PAGING_JOBS: Final = [job for job in JOBS if job.task in PAGING]


def look(now: datetime) -> list[Term]:
    try:
        return engine_terms(now)
    except DatabaseError:
        return [database_away()]


def change_what_is_due(now: datetime) -> int:
    """The engine's work but sending, under the same claims: safe while it comes back."""
    return sum(ran.rows for ran in in_turn.run([job for job in _PAGING_JOBS if job.task != _DISPATCH], now))


def send_what_is_due(now: datetime) -> int:
    """On a lane of its own, so that a slow provider does not delay the next step."""
    return sum(ran.rows for ran in in_turn.run([job for job in _PAGING_JOBS if job.task == _DISPATCH], now))


def call_the_heartbeat(now: datetime) -> bool:
    return heartbeat.call(settings.HEARTBEAT_URL)


@dataclass(slots=True)
class Lanes:
    """What a turn has done, each apart from the others."""

    look: Lane[list[Term]] = field(default_factory=lambda: Lane("look", look))
    sweep: Lane[int] = field(default_factory=lambda: Lane("sweep", change_what_is_due))
    dispatch: Lane[int] = field(default_factory=lambda: Lane("dispatch", send_what_is_due))
    contacts: Lane[int] = field(default_factory=lambda: Lane("contacts", contacts.run))
    heartbeat: Lane[bool] = field(default_factory=lambda: Lane("heartbeat", call_the_heartbeat))
    canary: Lane[bool] = field(default_factory=lambda: Lane("canary", Canary(Door.own()).run))


class Every:
    """Whether so many monotonic seconds have passed since it last said yes."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.last: float | None = None

    def due(self, clock: float) -> bool:
        if self.last is not None and clock - self.last < self.seconds:
            return False
        self.last = clock
        return True


class Watchdog:
    """`clock` is monotonic seconds; `now`, the wall's time, is only what rows are judged and changed by."""

    def __init__(self, clock: float, lanes: Lanes | None = None, tell: Teller | None = None) -> None:
        self.lanes = lanes or Lanes()
        self.teller = tell or Teller()
        self.alarm = Alarm.starting(clock)
        self.book = contacts.Book()
        self.calling = Every(CALL_EVERY_SECONDS)
        self.listing = Every(CONTACTS_EVERY_SECONDS)
        self.flying = Every(CANARY_EVERY_SECONDS)
        self.began = clock
        self.failing: list[Term] = []
        self.standing_in = False

    def turn(self, now: datetime, clock: Callable[[], float]) -> None:
        """One look and what follows from it; takes little longer than LOOK_SECONDS, whatever hangs."""
        began = clock()
        terms = self.lanes.look.ask(now, LOOK_SECONDS) or [database_away()]
        # A look may take seconds: what came in meanwhile is not older than it is, its steps would come too early.
        now += timedelta(seconds=clock() - began)
        settling = clock() - self.began < SETTLING_SECONDS
        self.failing = [term for term in terms if not term.ok and not (settling and term.name == CANARY)]
        self._stand_in(now, clock())
        self._tell(terms, now, clock())
        if not self.failing and settings.HEARTBEAT_URL and self.calling.due(clock()):
            self.lanes.heartbeat.ask(now)
        if self.listing.due(clock()):
            self.lanes.contacts.ask(now)  # the job's file may lie on another machine than ours
        if self.flying.due(clock()):
            self.lanes.canary.ask(now)
        self.book.read()

    def _tell(self, terms: Sequence[Term], now: datetime, clock: float) -> None:
        since = now - timedelta(seconds=self.alarm.ill_seconds(clock))
        proof = max((term.seconds for term in terms if term.name in PAGING), default=0.0)
        news = self.alarm.see(not self.failing, max(proof, 0.0), clock)
        if news is None:
            return
        log.warning("watchdog_news", news=news.value, failing=[term.name for term in self.failing])
        self.teller.tell(self.book.contacts(), words(news, self.failing, since, now))

    def _stand_in(self, now: datetime, clock: float) -> None:
        """Do the engine's work while it is dead: one of its jobs is late, and all was last well long ago enough that
        this is neither a start nor a clock that was set."""
        late = any(term.name in PAGING for term in self.failing)
        dead = late and self.alarm.ill_seconds(clock) >= SWEEP_LATE.total_seconds()
        if dead != self.standing_in:
            log.warning("watchdog_stands_in" if dead else "watchdog_stands_back")
        self.standing_in = dead
        if dead:
            self.lanes.sweep.ask(now)
            self.lanes.dispatch.ask(now)
