"""Whatever stops or freezes, somebody outside hears of it within 90 seconds; each fault has its own installation."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import orjson
import psycopg
import pytest

from tests.chaos import servers
from tests.oncall.provider import Provider, serving
from tests.services.ground import Ground
from tests.services.running import LOOPBACK, Installation, family

pytestmark = pytest.mark.services
KEY = "services-suite-orders-key"
WITHIN_SECONDS = 90.0


def freeze(pid: int) -> None:
    """The process and all that it started stand still; their sockets stay open."""
    for each in list(family(pid)):
        os.kill(each, signal.SIGSTOP)


def thaw(pid: int) -> None:
    for each in list(family(pid)):
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGCONT)


@dataclass
class Watched:
    """An installation under its own names at the provider, so that several can be told apart there."""

    name: str
    running: Installation

    def requests(self, path: str) -> list[bytes]:
        return [one.body for one in list(self.running.provider.requests) if one.path == f"/{path}-{self.name}"]

    def green(self) -> bool:
        return bool(self.requests("alive"))

    def told(self) -> list[str]:
        return [str(orjson.loads(body)["title"]) for body in self.requests("fallback")]


@dataclass
class Field:
    """Where installations are made: copies of one embedded one."""

    ground: Ground
    seed: Path
    token: str
    stack: ExitStack
    below: Path  # a folder that the user postgres may enter

    def installation(self, name: str, **environ: str) -> Watched:
        folder = self.ground.folder / f"watched-{name}"
        shutil.copytree(self.seed, folder)
        return self.over(name, folder, self.token, **environ)

    def on_postgresql(self, name: str, server: str) -> Watched:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE watched")
        folder = self.ground.folder / f"watched-{name}"
        folder.mkdir()
        database = f"{server}/watched"
        token = self.ground.found(self.ground.environment(DATABASE_URL=database, DATA_DIR=str(folder)))
        return self.over(name, folder, token, DATABASE_URL=database)

    def over(self, name: str, folder: Path, token: str, **environ: str) -> Watched:
        provider = f"{LOOPBACK}:{self.ground.provider.port}"
        own = {"FALLBACK_CHANNEL_URL": f"json://{provider}/fallback-{name}"}
        own["HEARTBEAT_URL"] = f"http://{provider}/alive-{name}"
        running = Installation(self.ground.environment(**own, **environ), folder, self.ground.provider, token)
        self.stack.callback(running.end)
        return Watched(name, running)


@pytest.fixture
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    with serving() as provider, ExitStack() as stack, tempfile.TemporaryDirectory() as below:
        os.chmod(below, 0o711)
        ground = Ground(tmp_path_factory.mktemp("watched"), provider)
        seed = ground.folder / "seed"
        seed.mkdir()
        token = ground.found(ground.environment(DATA_DIR=str(seed)))
        yield Field(ground, seed, token, stack, Path(below))


def pages(provider: Provider, to: str) -> list[str]:
    """Idempotency keys of what `to` got."""
    return [
        {name.lower(): value for name, value in one.headers.items()}.get("x-idempotency-key", "")
        for one in list(provider.requests)
        if one.path == f"/{to}"
    ]


def test_each_fault_is_heard_of_outside_within_ninety_seconds(field: Field) -> None:
    clock = field.ground.folder / "clock"
    cluster, broker = field.stack.enter_context(servers.running(field.below))
    postgres_pid = int((cluster.data / "postmaster.pid").read_text().split()[0])
    redis_pid = broker.process.pid if broker.process else 0
    beat, worker, dead = (field.installation(name) for name in ("beat", "worker", "set-back-and-dead"))
    redis = field.installation("redis", REDIS_URL=broker.url)
    postgres = field.on_postgresql("postgres", cluster.server)
    everyone = (beat, worker, dead, redis, postgres)
    for one in everyone:
        names = ["paging", "bulk", "beat", "watchdog", *(["web"] if one is worker else [])]
        one.running.start(*names, clock=clock if one is dead else None)
    worker.running.until(lambda: all(one.green() for one in everyone), 120, "all are well", every=0.5)

    began = time.monotonic()
    beat.running.kill("beat")
    freeze(worker.running.programs["paging"].pid)
    freeze(redis_pid)
    freeze(postgres_pid)
    dead.running.kill("paging")
    clock.write_text("-3600")
    time.sleep(1)
    worker.running.send(KEY, dedup_key="nobody works")
    heard: dict[str, float] = {}

    def all_told() -> bool:
        for one in everyone:
            if one.told():
                heard.setdefault(one.name, time.monotonic() - began)
        return len(heard) == len(everyone)

    try:
        worker.running.until(lambda: pages(field.ground.provider, "ana"), 60, "the watchdog pages in its place")
        worker.running.until(all_told, WITHIN_SECONDS - (time.monotonic() - began), "somebody is told of each fault")
        assert {one.told()[0] for one in everyone} == {"IncidentOps is not well: pages may come late or not at all"}
        thaw(worker.running.programs["paging"].pid)
        worker.running.until(lambda: len(worker.told()) == 2, 60, "its end is told too")
        assert worker.told()[1] == "IncidentOps is well again"
        assert len(pages(field.ground.provider, "ana")) == 1, "back, it sends nothing again"
    except AssertionError as error:
        said = "\n".join(f"=== {one.name}\n{one.running.said(15)}" for one in everyone)
        raise AssertionError(f"{error}; heard: {heard}\n{said}") from error
    finally:
        thaw(redis_pid)
        thaw(postgres_pid)
        thaw(worker.running.programs["paging"].pid)


def test_an_engine_that_lives_pages_on_when_its_clock_is_set_back_an_hour(field: Field) -> None:
    clock = field.ground.folder / "clock"
    alive = field.installation("set-back")
    alive.running.start("web", "paging", "bulk", "beat", "watchdog", clock=clock)
    alive.running.until(alive.green, 60, "all is well", every=0.5)
    alive.running.await_ready()
    clock.write_text("-3600")
    time.sleep(1)
    alive.running.send(KEY, dedup_key="the clock was set back")
    alive.running.until(lambda: pages(field.ground.provider, "ana"), 20, "the page arrives")
    alive.running.until(alive.running.ready, 20, "it is ready by its new clock")
    assert alive.told() == []


def test_a_watchdog_alone_starts_with_the_database_away_and_tells_whom_the_file_names(field: Field) -> None:
    folder = field.ground.folder / "alone"
    shutil.copytree(field.seed, folder)
    watched = field.over("alone", folder, "", DATABASE_URL="postgres://nobody@127.0.0.1:1/none")
    path = field.ground.provider.port
    (folder / "watchdog-contacts.json").write_text(
        orjson.dumps([{"address": f"json://{LOOPBACK}:{path}/boss", "guarded": True}]).decode()
    )
    watched.running.start("watchdog")
    watched.running.until(lambda: watched.told() and pages(field.ground.provider, "boss"), 90, "both are told")
    body = next(one.body for one in field.ground.provider.requests if one.path == "/boss")
    assert "The database does not answer." in orjson.loads(body)["message"]
    assert not watched.green()
    process = watched.running.programs["watchdog"]
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0


def test_the_installation_lists_whom_to_tell(field: Field) -> None:
    """`config apply` wrote the file as it made the company."""
    assert orjson.loads((field.seed / "watchdog-contacts.json").read_bytes())
    assert os.stat(field.seed / "watchdog-contacts.json").st_mode & 0o777 == 0o600
