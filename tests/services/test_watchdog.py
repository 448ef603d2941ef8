"""Whatever stops or freezes, somebody outside hears of it within 90 seconds; each fault has its own installation."""

import os
import shutil
import signal
import time
from collections.abc import Iterator

import orjson
import pytest

from tests.chaos import servers
from tests.services.running import LOOPBACK
from tests.services.watched import BEGAN, OVER, WITHIN_SECONDS, Field, Seed, freeze, pages, seeded, thaw

pytestmark = pytest.mark.services
KEY = "services-suite-orders-key"


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seed]:
    with seeded(tmp_path_factory.mktemp("watched")) as made:
        yield made


@pytest.fixture
def field(seed: Seed) -> Iterator[Field]:
    seed.ground.provider.requests.clear()
    with seed.field() as made:
        yield made


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
        assert {one.told()[0] for one in everyone} == {BEGAN}
        thaw(worker.running.programs["paging"].pid)
        worker.running.until(lambda: len(worker.told()) == 2, 60, "its end is told too")
        assert worker.told()[1] == OVER
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
