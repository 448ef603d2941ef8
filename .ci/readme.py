"""Runs the README's commands verbatim from a clean clone, as a newcomer would: `readme.py FOLDER [NAME=VALUE…]`.

The settings given by name are the newcomer's environment, for the same walk on PostgreSQL and Redis.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = (
    "DATABASE_URL REDIS_URL BROKER_URL DATA_DIR SECRET_KEY ALLOWED_HOSTS SITE_URL EMAIL_URL FALLBACK_CHANNEL_URL "
    "HEARTBEAT_URL OUTBOUND_ALLOW PORT BIND ENVIRONMENT DEFAULT_FROM_EMAIL DJANGO_SETTINGS_MODULE VIRTUAL_ENV"
)
# The targets are 60 and 10 seconds; a busy CI machine gets twice that, and the figures are printed.
COLD_SECONDS, SECOND_SECONDS = 120, 20
MEMORY_MB = 700
UP = "python3 manage.py up"
DONE_ELSEWHERE = ("git clone", "cd ", UP, "python3 manage.py test")  # the clone is ours; `test` is its own stage


def commands(readme: str) -> list[str]:
    """The lines of its ```sh blocks, those that end in a backslash joined with the next."""
    blocks = re.findall(r"^```sh\n(.*?)^```", readme, re.S | re.M)
    text = "".join(blocks).replace("\\\n", "")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


class Up:
    """`manage.py up` as one runs it, with its lines."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.began = time.monotonic()
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            ["bash", "-c", "exec " + UP],
            cwd=folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            print("   ", line, end="", flush=True)
            self.lines.append(line)

    def text(self) -> str:
        return "".join(self.lines)

    def ready_after(self, limit: float) -> float:
        wait(lambda: "3. python3" in self.text(), limit, "the ready line with its commands", self.process)
        return time.monotonic() - self.began

    def processes(self) -> list[int]:
        return [self.process.pid, *descendants(self.process.pid)]

    def memory_mb(self) -> float:
        total = 0
        for pid in self.processes():
            status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
            total += int(re.search(r"^VmRSS:\s+(\d+)", status, re.M).group(1))  # type: ignore[union-attr]
        return total / 1024

    def end(self, how: signal.Signals) -> None:
        """Asks once; everything must be gone within fifteen seconds, with exit status 0."""
        pids = self.processes()
        self.process.send_signal(how)
        status = self.process.wait(timeout=15)
        assert status == 0, f"up ended with {status} after {how.name}"
        left = [pid for pid in pids if Path(f"/proc/{pid}").exists()]
        assert not left, f"processes left behind: {left}"


def descendants(parent: int) -> Iterator[int]:
    for path in Path("/proc").glob(f"{parent}/task/*/children"):
        for pid in map(int, path.read_text(encoding="utf-8").split()):
            yield pid
            yield from descendants(pid)


def wait(true: Callable[[], bool], limit: float, what: str, process: "subprocess.Popen[str] | None" = None) -> None:
    end = time.monotonic() + limit
    while not true():
        assert process is None or process.poll() is None, f"up ended while we waited for {what}"
        assert time.monotonic() < end, f"{what}: not within {limit:.0f} s"
        time.sleep(0.1)


def shell(line: str, folder: Path, environ: dict[str, str]) -> str:
    print("$", line, flush=True)
    done = subprocess.run(["bash", "-c", line], cwd=folder, env=environ, capture_output=True, text=True, timeout=120)
    print(done.stdout[-2000:] + done.stderr[-2000:], flush=True)
    assert done.returncode == 0, f"exit status {done.returncode}: {line}"
    return done.stdout


def main(folder: Path, given: list[str]) -> None:
    environ = {name: value for name, value in os.environ.items() if name not in OURS.split()}
    environ |= dict(setting.split("=", 1) for setting in given)
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    lines = commands((folder / "README.md").read_text(encoding="utf-8"))
    assert UP in lines, f"the README's sh blocks lack `{UP}`"
    assert "python3 manage.py test" in lines, "the README's sh blocks lack the test command"

    up = Up(folder, environ)
    try:
        print(f"--- usable {up.ready_after(COLD_SECONDS):.0f} s after the first command (target 60)", flush=True)
        try_next = re.findall(r"^ +\d\. (.+)$", up.text(), re.M)
        assert len(try_next) == 3, try_next
        fired = time.monotonic()
        shell(try_next[0], folder, environ)
        wait(lambda: told(up, "12 % of requests fail") and next_person(up) != "", 20, "the page", up.process)
        print(f"--- paged after {time.monotonic() - fired:.1f} s", flush=True)
        person = next_person(up)
        wait(lambda: told(up, f"to {person} <"), 100, f"the escalation to {person}", up.process)
        print(f"--- escalated to {person} after {time.monotonic() - fired:.0f} s", flush=True)
        for line in (line for line in lines if not line.startswith(DONE_ELSEWHERE)):
            shell(line, folder, environ)
        for line in try_next[1:]:
            shell(line, folder, environ)
        memory = up.memory_mb()
        print(f"--- {memory:.0f} MB in {len(up.processes())} processes (target {MEMORY_MB})", flush=True)
        assert memory < MEMORY_MB
        up.end(signal.SIGINT)

        up = Up(folder, environ)
        print(f"--- usable {up.ready_after(SECOND_SECONDS):.1f} s after the second start (target 10)", flush=True)
        up.end(signal.SIGTERM)
    finally:
        if up.process.poll() is None:
            up.process.terminate()
            up.process.wait(timeout=20)


def told(up: Up, text: str) -> bool:
    """Whether a message in the terminal says it: messages are drawn in boxes."""
    return any("│" in line and text in line for line in up.lines)


def next_person(up: Up) -> str:
    """Whom the first page says it will go to next."""
    found = re.search(r"Next: (.+?) is paged", up.text())
    return found.group(1) if found else ""


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
