"""PostgreSQL and Redis of our own, to be crashed, frozen, flushed and cut off."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis

from tests.services.running import LOOPBACK, free_port

START_SECONDS = 20.0


class Postgres:
    """A cluster in `folder`; never run as root, which PostgreSQL refuses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = free_port()
        self.user = "postgres"
        self.programs = programs()
        self.demoted = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []

    @property
    def server(self) -> str:
        return f"postgres://{self.user}@{LOOPBACK}:{self.port}"

    def make(self) -> None:
        self.folder.mkdir(parents=True)
        if self.demoted:
            shutil.chown(self.folder, "postgres")
        self._run("initdb", "-D", str(self.data), "-A", "trust", "-U", self.user, "-E", "UTF8")
        self.start()

    def start(self) -> None:
        """Without fsync: a crash of its processes loses nothing committed, only one of the machine would."""
        said = f"-c listen_addresses={LOOPBACK} -c port={self.port} -c unix_socket_directories= -c fsync=off"
        arguments = ("-D", str(self.data), "-l", str(self.folder / "log"), "-w", "-o", said, "start")
        self._run("pg_ctl", *arguments)

    def crash(self) -> None:
        """As by a power cut of its own: no shutdown, the log is replayed by the next start."""
        self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop")

    def cut(self) -> None:
        """End every connection but ours."""
        with psycopg.connect(f"{self.server}/postgres", autocommit=True, connect_timeout=5) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    def remove(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        with (self.folder / "pg_ctl.log").open("ab") as log:
            subprocess.run(
                [*self.demoted, str(self.programs / program), *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                timeout=60,
                check=True,
            )


class Redis:
    """A server without a memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://{LOOPBACK}:{self.port}/0"

    def start(self) -> None:
        argv = ["redis-server", "--bind", LOOPBACK, "--port", str(self.port), "--save", "", "--appendonly", "no"]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen([*argv, "--dir", str(self.folder)], stdout=log, stderr=subprocess.STDOUT)
        until(self._answers, START_SECONDS, "Redis answers")

    def flush(self) -> None:
        redis.Redis(host=LOOPBACK, port=self.port, socket_timeout=5).flushall()

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def _answers(self) -> bool:
        try:
            return bool(redis.Redis(host=LOOPBACK, port=self.port, socket_timeout=1).ping())
        except redis.RedisError:
            return False


def programs() -> Path:
    """Where PostgreSQL's own programs are; Debian keeps them off the path. Raises AssertionError without any."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    assert folders, "PostgreSQL's server is not here (Debian: apt install postgresql)"
    return folders[-1]


def until(true: Callable[[], object], seconds: float, what: str, every: float = 0.1) -> None:
    """Wait until it is so; AssertionError after `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"{what}: not within {seconds:.0f} s"
        time.sleep(every)


@contextmanager
def running(folder: Path) -> Iterator[tuple[Postgres, Redis]]:
    """Both, started; ended whatever happens. `folder` must be one that the user postgres may enter."""
    postgres, broker = Postgres(folder / "postgres"), Redis(folder)
    try:
        postgres.make()
        broker.start()
        yield postgres, broker
    finally:
        broker.kill()
        postgres.remove()
