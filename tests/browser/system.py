"""A live IncidentOps on a folder of its own: real processes on a free port, ended by the one we started."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 120
# What would lead the system elsewhere than to its own folder. DATABASE_URL stays: given, the system uses it.
FORGOTTEN = {
    *("ALLOWED_HOSTS", "BIND", "BROKER_URL", "DEFAULT_FROM_EMAIL", "EMAIL_URL", "ENVIRONMENT", "FALLBACK_CHANNEL_URL"),
    *("HEARTBEAT_URL", "OUTBOUND_ALLOW", "PORT", "SECRET_KEY", "SITE_URL", "DJANGO_SETTINGS_MODULE"),
}


@dataclass
class System:
    """Where it answers, and the lines that it wrote into the terminal."""

    url: str
    environ: dict[str, str]
    lines: list[str] = field(default_factory=list)

    def said(self, pattern: str) -> re.Match[str] | None:
        """The first line that matches."""
        return next((found for line in [*self.lines] if (found := re.search(pattern, line))), None)

    def wait_for_line(self, pattern: str, seconds: float = READY_SECONDS) -> re.Match[str]:
        """Raises AssertionError with everything it said where no line matches in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := self.said(pattern):
                return found
            time.sleep(0.1)
        raise AssertionError(f"{pattern!r} was not said within {seconds} s:\n" + "\n".join(self.lines))


def environ(data: Path, **more: str) -> dict[str, str]:
    """The environment of a system in `data`, on a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in FORGOTTEN}
    return {**kept, "DATA_DIR": str(data), "PORT": port, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1", **more}


@contextlib.contextmanager
def running(environment: dict[str, str], *arguments: str) -> Iterator[System]:
    """`manage.py up` with these arguments until the end of the block; then Ctrl-C, as a person would."""
    system = System(f"http://127.0.0.1:{environment['PORT']}", environment)
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    reader = threading.Thread(target=_read, args=(process, system.lines), daemon=True)
    reader.start()
    try:
        system.wait_for_line(r"^Running after \d+ s")
        yield system
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(5)


def _read(process: "subprocess.Popen[str]", lines: list[str]) -> None:
    assert process.stdout
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
