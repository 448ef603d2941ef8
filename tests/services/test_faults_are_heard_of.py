"""Each process and server killed and frozen, and the clock set forth and back, while somebody waits for the next step:
a receipt outside within 90 seconds, and once it is over all is well and nobody was paged twice."""

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.chaos import servers
from tests.services.running import family
from tests.services.watched import BEGAN, OVER, WITHIN_SECONDS, Field, Seed, Watched, freeze, pages, seeded, thaw

pytestmark = [pytest.mark.services, pytest.mark.thorough]
KEY = "services-suite-checkout-key"  # ana, a minute later bo, a minute later cy
DELAY_SECONDS = 60.0
HOUR_SECONDS = 3600
RETURN_SECONDS = 60.0  # programs that start anew on a loaded machine, and a watchdog that waits until it is steady
LATE_SECONDS = 20.0  # what is late by then goes at once


@dataclass
class Scene:
    """An installation of its own, up to and with the first step of a page that nobody answers."""

    watched: Watched
    postgres: servers.Postgres
    redis: servers.Redis
    clock: Path
    began: float = 0.0
    heard: dict[str, float] = field(default_factory=dict)

    def pid(self, name: str) -> int:
        if name == "postgres":
            return int((self.postgres.data / "postmaster.pid").read_text().split()[0])
        if name == "redis":
            return self.redis.process.pid if self.redis.process else 0
        return self.watched.running.programs[name].pid

    def kill(self, name: str) -> Callable[[], object]:
        """Returns what starts it again."""
        if name == "redis":
            self.redis.kill()
            return self.redis.start
        if name == "postgres":
            for each in list(family(self.pid(name))):
                os.kill(each, signal.SIGKILL)
            return self.postgres.start
        self.watched.running.kill(name)
        return lambda: self.watched.running.start(name)

    def freeze(self, name: str) -> Callable[[], object]:
        """Returns what lets it go on."""
        pid = self.pid(name)
        freeze(pid)
        return lambda: thaw(pid)

    def hears(self, *names: str, within: float = WITHIN_SECONDS) -> None:
        """Of messages to these people since the fault, and of the watchdog's own ("told")."""

        def came(name: str) -> bool:
            there = bool(self.watched.told() if name == "told" else self.messages(name))
            if there:
                self.heard.setdefault(name, round(time.monotonic() - self.began, 1))
            return there

        left = within - (time.monotonic() - self.began)
        wanted = ", ".join(names)
        self.watched.running.until(lambda: not {name for name in names if not came(name)}, left, f"heard of: {wanted}")

    def is_over(self) -> None:
        """What is late comes at once and once, and the end is told."""
        began = time.monotonic()
        late = max(self.began + DELAY_SECONDS - began, 0) + LATE_SECONDS
        self.watched.running.until(lambda: self.messages("bo"), late, "bo is paged")
        self.watched.running.until(lambda: OVER in self.watched.told(), RETURN_SECONDS, "the end is told")
        self.heard["over"] = round(time.monotonic() - began, 1)
        assert self.watched.told() == [BEGAN, OVER]

    def messages(self, to: str) -> list[str]:
        return pages(self.watched.running.provider, to)

    def assert_nobody_was_paged_twice(self) -> None:
        keys = [key for to in ("ana", "bo", "cy") for key in self.messages(to)]
        assert len(keys) == len(set(keys))


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seed]:
    with seeded(tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.fixture
def place(seed: Seed) -> Iterator[Field]:
    seed.ground.provider.requests.clear()
    with seed.field() as made:
        yield made


@pytest.fixture
def scene(place: Field, request: pytest.FixtureRequest) -> Iterator[Scene]:
    """On PostgreSQL or Redis where the fault is theirs, else as a newcomer has it."""
    server = str(getattr(request.node, "callspec", None) and request.node.callspec.params.get("name", ""))
    name = request.node.name.partition("[")[2].rstrip("]") or request.node.name
    postgres, redis = place.stack.enter_context(servers.running(place.below))
    if server == "postgres":
        watched = place.on_postgresql(name, postgres.server)
    else:
        watched = place.installation(name, **({"REDIS_URL": redis.url} if server == "redis" else {}))
    made = Scene(watched, postgres, redis, watched.running.folder / "clock")
    running = watched.running
    running.start("web", "paging", "bulk", "beat", "watchdog", clock=made.clock)
    running.await_ready()
    running.until(watched.green, 120, "all is well", every=0.5)
    running.send(KEY, dedup_key=name)
    running.until(lambda: made.messages("ana"), 20, "ana is paged")
    # Else a worker that is killed now leaves it sent but not marked, and it rightly comes again under its key (P4).
    running.until(lambda: running.all("notifications/?person=ana&state=sent"), 20, "her page is marked as sent")
    made.began = time.monotonic()
    yield made
    logging.getLogger(__name__).warning("%s: seconds from the fault %s", name, made.heard)


@pytest.mark.parametrize("name", ["beat", "paging", "redis"])
@pytest.mark.parametrize("fault", [Scene.kill, Scene.freeze], ids=["killed", "frozen"])
def test_the_watchdog_pages_in_a_dead_engines_place_and_tells(scene: Scene, name: str, fault: "Fault") -> None:
    undo = fault(scene, name)
    try:
        scene.hears("bo", "told")
    finally:
        undo()
    scene.is_over()
    scene.assert_nobody_was_paged_twice()


@pytest.mark.parametrize("name", ["postgres"])
@pytest.mark.parametrize("fault", [Scene.kill, Scene.freeze], ids=["killed", "frozen"])
def test_a_database_that_is_away_is_told_and_what_is_late_comes_on_its_return(
    scene: Scene, name: str, fault: "Fault"
) -> None:
    undo = fault(scene, name)
    try:
        scene.hears("told")
        assert not scene.messages("bo")
    finally:
        undo()
    scene.is_over()
    scene.assert_nobody_was_paged_twice()


def test_a_clock_that_is_set_forth_runs_one_step_and_alarms_nobody(scene: Scene) -> None:
    scene.clock.write_text(str(HOUR_SECONDS))
    scene.hears("bo", within=LATE_SECONDS)
    scene.hears("cy", within=LATE_SECONDS + WITHIN_SECONDS)
    assert scene.heard["cy"] - scene.heard["bo"] > DELAY_SECONDS - 2, "no step is early"
    assert scene.watched.told() == []
    scene.assert_nobody_was_paged_twice()


def test_a_clock_that_is_set_back_delays_no_step_and_alarms_nobody(scene: Scene) -> None:
    scene.clock.write_text(str(-HOUR_SECONDS))
    scene.hears("bo")
    scene.hears("cy", within=2 * WITHIN_SECONDS)
    assert scene.heard["cy"] - scene.heard["bo"] > DELAY_SECONDS - 2, "no step is early"
    assert scene.watched.told() == []
    scene.assert_nobody_was_paged_twice()


Fault = Callable[[Scene, str], Callable[[], object]]
