"""Installations with a watchdog, each under its own names at one provider, and what is done to their processes."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import orjson
import psycopg

from tests.oncall.provider import Provider, serving
from tests.services.ground import Ground
from tests.services.running import LOOPBACK, Installation, family

WITHIN_SECONDS = 90.0
BEGAN = "IncidentOps is not well: pages may come late or not at all"
OVER = "IncidentOps is well again"


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


@dataclass
class Seed:
    """An embedded installation made whole once, to be copied."""

    ground: Ground
    folder: Path
    token: str

    @contextmanager
    def field(self) -> Iterator[Field]:
        """Whatever is installed in it is ended with it."""
        with ExitStack() as stack, tempfile.TemporaryDirectory() as below:
            os.chmod(below, 0o711)
            yield Field(self.ground, self.folder, self.token, stack, Path(below))


@contextmanager
def seeded(folder: Path) -> Iterator[Seed]:
    with serving() as provider:
        ground = Ground(folder, provider)
        seed = folder / "seed"
        seed.mkdir()
        yield Seed(ground, seed, ground.found(ground.environment(DATA_DIR=str(seed))))


def pages(provider: Provider, to: str) -> list[str]:
    """Idempotency keys of what `to` got."""
    return [
        {name.lower(): value for name, value in one.headers.items()}.get("x-idempotency-key", "")
        for one in list(provider.requests)
        if one.path == f"/{to}"
    ]
