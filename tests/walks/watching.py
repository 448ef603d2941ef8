"""A world with a watchdog beside it, both on clocks that are moved by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from django.test import Client

from incidentops import in_turn
from incidentops.beat import JOBS, Job
from incidentops.canary.flight import Canary
from incidentops.watchdog import watch
from incidentops.watchdog.lanes import Lane
from incidentops.watchdog.telling import Teller
from incidentops.watchdog.watch import Lanes, Watchdog
from oncall.models import JobRun
from tests.walks.conftest import World

TURN = timedelta(seconds=5)
NEVER = datetime.min.replace(tzinfo=UTC)


def _period(job: Job) -> timedelta:
    """Those of each second run whenever the world moves."""
    return timedelta(seconds=job.every_seconds if job.every_seconds > 1 else 0)


class Inline(Lane[Any]):
    """In the test's own thread, as its database lives there."""

    def ask(self, now: datetime, wait_seconds: float = 0.0) -> Any:
        return self.work(now)


class Door:
    """The ingest door, reached without a web server; `says` another status than it does, 0: nothing listens."""

    url = "http://testserver"

    def __init__(self) -> None:
        self.says: int | None = None
        self.posted: list[dict[str, str]] = []

    def answers(self) -> bool:
        return self.says is None

    def post(self, key: str, alert: dict[str, str]) -> str:
        self.posted.append(alert)
        if self.says is not None:
            return f"HTTP {self.says}"
        headers = {"Authorization": f"Token {key}"}
        answer = Client().post("/api/v1/ingest/generic/", alert, content_type="application/json", headers=headers)
        return "" if answer.status_code == 202 else f"HTTP {answer.status_code}"


class Watched:
    """The world with a watchdog beside it: a wall clock, which may be set, and a monotonic one, which may not."""

    def __init__(self, world: World, jobs: Sequence[str] = ()) -> None:
        """`jobs`: those that the engine runs where the test needs no others; what the others last did is made up."""
        self.world = world
        self.jobs = [job for job in JOBS if job.task in jobs]
        self.clock = 0.0
        self.alive = True
        self.ran: dict[str, datetime] = {}
        self.door = Door()
        self.canary = Canary(self.door, clock=lambda: self.clock, pause=self.wait)  # type: ignore[arg-type]
        lanes = Lanes(
            look=Inline("look", watch.look),
            sweep=Inline("sweep", watch.change_what_is_due),
            dispatch=Inline("dispatch", watch.send_what_is_due),
            contacts=Inline("contacts", watch.contacts.run),
            heartbeat=Inline("heartbeat", watch.call_the_heartbeat),
            canary=Inline("canary", self.canary.run),
        )
        self.dog = Watchdog(self.clock, lanes, Teller(begin=lambda carry: carry()))

    def run(self, span: timedelta, turn: timedelta = TURN) -> None:
        """Turns for so long, the engine (while alive) before each."""
        for _turn in range(int(span / turn)):
            self.clock += turn.total_seconds()
            self.world.now += turn
            with time_machine.travel(self.world.now, tick=False):
                self.tick()
                self.dog.turn(self.world.now, lambda: self.clock)

    def wait(self, seconds: float) -> None:
        """The engine (while alive) goes on as the canary's lane waits."""
        self.clock += seconds
        self.world.now += timedelta(seconds=seconds)
        with time_machine.travel(self.world.now, tick=False):
            self.tick()

    def tick(self) -> None:
        """Each job in its own time, as the beat calls them: one whose last run lies ahead, the clock set back, too."""
        if not self.alive:
            return
        now = self.world.now
        due = [job for job in JOBS if not timedelta(0) <= now - self.ran.get(job.task, NEVER) < _period(job)]
        in_turn.run([job for job in due if not self.jobs or job in self.jobs], now)
        self.ran |= {job.task: now for job in due}
        runs = [JobRun(task=job.task, done_at=now) for job in due]
        JobRun.objects.bulk_create(runs, update_conflicts=True, unique_fields=["task"], update_fields=["done_at"])

    def ready(self) -> Any:
        with time_machine.travel(self.world.now, tick=False):
            return Client().get("/readyz")

    @property
    def told(self) -> list[str]:
        return [message.title for message in self.world.messages if message.key.startswith("watchdog:")]

    @property
    def paged(self) -> list[str]:
        return [message.to for message in self.world.pages]

    @property
    def calls(self) -> int:
        return sum(one.path == "/alive" for one in self.world.provider.requests)
