"""A real installation for tests: web, workers and beat as `manage.py up` starts them, and what one does with it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import psycopg
import requests

from tests.oncall.provider import Provider, Request

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = "127.0.0.1"
START_SECONDS = 60
# The jobs without which nobody is paged; `up` says ready before the rare ones have run for the first time.
PAGER = {"database", "incidents.intake", "oncall.escalate", "oncall.dispatch"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Message:
    """What the provider got: to whom, under which idempotency key, and the words."""

    to: str
    key: str
    title: str
    text: str

    @property
    def link(self) -> str:
        """The page on a phone; raises where the message has none."""
        found = re.search(r"https?://\S+/p/\S+", self.text)
        assert found, f"no link in {self.text!r}"
        return found[0]


def message(request: Request) -> Message:
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = orjson.loads(request.body)
    return Message(request.path.strip("/"), headers.get("x-idempotency-key", ""), body["title"], body["message"])


def manage(environ: Mapping[str, str], *arguments: str, tree: Path = ROOT) -> str:
    """A command of manage.py of the version in `tree`; its output. Raises AssertionError with what it said where it
    fails."""
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=tree,
        env=dict(environ),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, f"manage.py {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@dataclass(eq=False)
class Installation:
    """Running processes over one database. Ended by their process ids; their lines are kept for what fails."""

    environ: dict[str, str]
    folder: Path
    provider: Provider
    token: str
    tree: Path = ROOT  # the version that runs
    port: int = field(default_factory=free_port)
    programs: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.environ |= {"PORT": str(self.port), "DATA_DIR": str(self.folder)}

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    # -- processes -----------------------------------------------------------------------------------------------------
    def start(self, *names: str, clock: Path | None = None, through: Sequence[str] = ()) -> None:
        """Start web, paging, bulk, beat or watchdog; a second of a kind has a number behind its name, as in `beat2`.
        `clock` is the file that sets their wall clock (`stepped`); `through`: by another module of the tests."""
        for name in names:
            kind = name.rstrip("0123456789")
            module = "incidentops.processes." + (kind if kind in ("web", "watchdog") else "jobs")
            arguments = {"web": [LOOPBACK, str(self.port)], "watchdog": []}.get(kind, [kind])
            stepped = ["tests.services.stepped", str(clock)] if clock else through
            with self.log(name).open("ab") as log:
                self.programs[name] = subprocess.Popen(
                    [sys.executable, "-m", *stepped, module, *arguments],
                    cwd=self.tree,
                    env=self.environ,
                    stdin=subprocess.PIPE,  # it ends when we do
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )

    def kill(self, name: str) -> None:
        """As the kernel does it: no warning."""
        process = self.programs.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def end(self) -> None:
        for process in self.programs.values():
            process.terminate()
        for process in self.programs.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(10)
            if process.stdin:
                process.stdin.close()
        self.programs.clear()

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def said(self, lines: int = 40) -> str:
        """The last lines of every process."""
        logs = sorted(self.folder.glob("*.log"))
        tails = (f"--- {log.stem}\n" + "\n".join(_lines(log)[-lines:]) for log in logs)
        return "\n".join(tails)

    def complaints(self) -> list[str]:
        """Lines that tell of an error."""
        words = re.compile(r"Traceback|\berror\b|critical|database is locked|deadlock", re.IGNORECASE)
        said = [line for log in sorted(self.folder.glob("*.log")) for line in _lines(log)]
        return [line for line in said if words.search(line) and "/readyz" not in line]

    def memory_mb(self) -> dict[str, float]:
        """Resident memory of each process and what it started."""
        return {name: sum(_resident_kb(pid) for pid in family(p.pid)) / 1024 for name, p in self.programs.items()}

    # -- waiting -------------------------------------------------------------------------------------------------------
    def until(self, true: Callable[[], Any], seconds: float, what: str, *, every: float = 0.05) -> float:
        """Wait until `true()` is; how long it took. Raises AssertionError naming what was waited for."""
        began = time.monotonic()
        while not true():
            ended = [name for name, process in self.programs.items() if process.poll() is not None]
            if ended or time.monotonic() - began > seconds:
                why = f"{', '.join(ended)} ended" if ended else f"not within {seconds:.0f} s"
                raise AssertionError(f"{what}: {why}")
            time.sleep(every)
        return time.monotonic() - began

    def await_ready(self) -> None:
        """Until pages can be sent."""
        self.until(self.ready, START_SECONDS, "ready", every=0.5)

    def ready(self, *, wholly: bool = False) -> bool:
        """Whether pages can be sent; `wholly`: whether /readyz is content."""
        try:
            answer = requests.get(f"{self.url}/readyz", timeout=5)
        except requests.RequestException:
            return False
        failing = {term["term"] for term in answer.json()["failing"]}
        return answer.status_code == 200 if wholly else not failing & PAGER

    # -- what one does with it -----------------------------------------------------------------------------------------
    def send(self, key: str, **event: Any) -> None:
        """One event at the generic door; accepted, or AssertionError."""
        body = {"summary": "Error rate above 5 %", "dedup_key": "errors", "severity": "critical", **event}
        answer = requests.post(f"{self.url}/api/v1/ingest/generic/{key}/", json=body, timeout=15)
        assert answer.status_code == 202, (answer.status_code, answer.text)

    def api(self, path: str, method: str = "GET", **body: Any) -> Any:
        """The API's answer, as zoe; AssertionError unless it is a good one."""
        answer = self.asked(path, method, **body)
        assert answer.ok, (answer.status_code, answer.text)
        return answer.json()

    def asked(self, path: str, method: str = "GET", **body: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        url = path if path.startswith("http") else f"{self.url}/api/v1/{path}"
        return requests.request(method, url, json=body if method != "GET" else None, headers=headers, timeout=15)

    def all(self, path: str) -> list[dict[str, Any]]:
        """Every row of a list, page after page."""
        rows, following = [], path
        while following:
            answer = self.api(following)
            rows += answer["results"]
            following = answer["next"]
        return rows

    def messages(self, to: str = "") -> list[Message]:
        got = [message(request) for request in list(self.provider.requests)]
        return [one for one in got if not to or one.to == to]

    def pages(self, to: str = "") -> list[Message]:
        """Messages that ask somebody to come, without "Bo has it"."""
        return [one for one in self.messages(to) if one.key.startswith("page:")]

    def jobs_done(self, task: str) -> str:
        """When the job last came to its end, as the database has it."""
        with psycopg.connect(self.environ["DATABASE_URL"]) as connection:
            row = connection.execute("SELECT max(done_at) FROM oncall_jobrun WHERE task = %s", [task]).fetchone()
        return str(row and row[0])

    def tick(self, at: str) -> None:
        """Every job once with another clock."""
        manage(self.environ, "tick", "--at", at)


def press(link: str, act: str, text: str = "") -> requests.Response:
    """A button of the page on a phone, without following where it then leads."""
    return requests.post(link, data={"act": act, "text": text}, timeout=15, allow_redirects=False)


def family(pid: int) -> Iterator[int]:
    """A process and all that it started."""
    yield pid
    for children in Path("/proc").glob(f"{pid}/task/*/children"):
        for child in children.read_text(encoding="utf-8").split():
            yield from family(int(child))


def _resident_kb(pid: int) -> int:
    found = re.search(r"^VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"), re.MULTILINE)
    return int(found[1]) if found else 0


def _lines(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8", errors="replace").splitlines()
