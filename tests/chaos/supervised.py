"""An installation as an operator runs it: `manage.py up` and whatever its supervisor starts again."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests.chaos.servers import until
from tests.services.running import LOOPBACK, PAGER, ROOT, START_SECONDS, family, free_port

PROGRAMS = ("web", "paging", "bulk", "beat")


@dataclass(eq=False)
class Supervised:
    environ: dict[str, str]
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        """`up` by Django's own door: the environment that the tests run in is not to be prepared again."""
        environ = {**self.environ, "PORT": str(self.port), "DATA_DIR": str(self.folder)}
        with (self.folder / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "django", "up"],
                cwd=ROOT,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(self.ready, START_SECONDS, "/readyz has nothing to say against paging", every=0.5)

    def ready(self) -> bool:
        try:
            answer = requests.get(f"{self.url}/readyz", timeout=5)
        except requests.RequestException:
            return False
        return not {term["term"] for term in answer.json()["failing"]} & PAGER

    def program(self, name: str) -> int | None:
        """The process id of a program of `up`; None while it is not running."""
        words = f"processes.{name}" if name == "web" else f"processes.jobs\0{name}"
        assert self.process is not None
        return next((pid for pid in _children(self.process.pid) if words in _command(pid)), None)

    def child(self, name: str) -> int | None:
        """A process that the program started itself, as the web server's worker; else the program."""
        pid = self.program(name)
        return next(iter(_children(pid)), pid) if pid else None

    def complaints(self, lines: int = 60) -> str:
        """The last of what it said, without what went well."""
        said = (self.folder / "up.log").read_text("utf-8", "replace").splitlines()
        return "\n".join([line for line in said if "[info" not in line][-lines:])

    def end(self) -> None:
        """As by Ctrl-C; what does not end is killed, by process id."""
        if self.process is None:
            return
        started = list(family(self.process.pid))
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            for pid in started:
                tell(pid, signal.SIGKILL)
            self.process.wait(10)


def tell(pid: int | None, number: signal.Signals) -> None:
    """A signal to a process that may be gone."""
    if pid is not None:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return


@contextmanager
def supervised(environ: dict[str, str], folder: Path) -> Iterator[Supervised]:
    made = Supervised(environ, folder)
    try:
        made.start()
        yield made
    finally:
        made.end()


def _children(pid: int) -> Iterator[int]:
    for children in Path("/proc").glob(f"{pid}/task/*/children"):
        yield from map(int, _read(children).split())


def _command(pid: int) -> str:
    return _read(Path(f"/proc/{pid}/cmdline"))


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
