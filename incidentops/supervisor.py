"""Keeps a few programs running side by side in one terminal: prefixed lines, restarts with back-off, a clean end."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import IO

POLL_SECONDS = 0.1
LAST_WORDS_SECONDS = 2.0  # for a program's last lines to be passed on once it has ended
# A program that ran this long was well and starts again at once: only what dies at its start is held back, and never
# for so long that a page would be late for it once its cause (a database away) has passed.
STEADY_SECONDS = 10.0
LONGEST_WAIT_SECONDS = 5.0
COLOURS = ("\033[36m", "\033[35m", "\033[33m", "\033[32m", "\033[34m")
PLAIN = "\033[0m"


@dataclass(frozen=True)
class Program:
    """`name` stands before each of its lines; `argv` is what is run, with `environ` as its whole environment."""

    name: str
    argv: tuple[str, ...]
    environ: dict[str, str] = field(default_factory=dict)


class Terminal:
    """Whole lines from several threads, each under its program's name (in colour where the reader can see it)."""

    def __init__(self, out: IO[str], names: Iterable[str]) -> None:
        self._out = out
        if isinstance(out, io.TextIOWrapper):
            out.reconfigure(errors="replace")  # a terminal without box characters shows the rest
        self._lock = threading.Lock()
        names = list(names)
        width = max(map(len, names), default=0)
        coloured = out.isatty() and "NO_COLOR" not in os.environ and (os.name != "nt" or "WT_SESSION" in os.environ)
        self._marks = {}
        for number, name in enumerate(names):
            start, end = (COLOURS[number % len(COLOURS)], PLAIN) if coloured else ("", "")
            self._marks[name] = f"{start}{name:<{width}}{end} | "

    def line(self, text: str, name: str = "") -> None:
        with self._lock, contextlib.suppress(OSError, ValueError):  # a reader that went away stops no program
            self._out.write(self._marks.get(name, "") + text + "\n")
            self._out.flush()


class Child:
    """One program and its restarts."""

    def __init__(self, program: Program, terminal: Terminal) -> None:
        self.program = program
        self.terminal = terminal
        self.process: subprocess.Popen[bytes] | None = None
        self.reader: threading.Thread | None = None
        self.wait_seconds = 0.0
        self.due = 0.0
        self.began = 0.0

    def start(self) -> None:
        """In a process group of its own, so that Ctrl-C is ours to pass on, and with a pipe whose end means: stop."""
        self.began = time.monotonic()
        new_group = {} if os.name == "nt" else {"start_new_session": True}
        flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        self.process = subprocess.Popen(  # noqa: S603
            self.program.argv,
            env=self.program.environ or None,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            creationflags=flags,
            **new_group,  # type: ignore[call-overload]  # a keyword that Windows refuses
        )
        self.reader = threading.Thread(target=self._pump, args=(self.process.stdout,), daemon=True)
        self.reader.start()

    def _pump(self, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self.terminal.line(line.decode("utf-8", "replace").rstrip(), self.program.name)

    def look(self, now: float) -> None:
        """Starts it when due; says so when it died, and plans the next start."""
        if self.process is None:
            if now >= self.due:
                self.start()
            return
        status = self.process.poll()
        if status is None:
            return
        if self.process.stdin:
            self.process.stdin.close()
        self.kill()  # what it left behind in its group may hold its port, or do its work a second time
        self.process = None
        if now - self.began >= STEADY_SECONDS:
            self.wait_seconds, again = 0.0, "at once"
        else:
            self.wait_seconds = min(self.wait_seconds * 2 or 1.0, LONGEST_WAIT_SECONDS)
            again = f"in {self.wait_seconds:.0f} s"
        self.due = now + self.wait_seconds
        self.terminal.line(f"ended ({_ending(status)}); starts again {again}", self.program.name)

    def ask_to_end(self) -> None:
        """By signal; on Windows, where terminating is killing, by closing the pipe. One of them: twice means hurry."""
        if self.process and self.process.poll() is None:
            if os.name != "nt":
                self.process.terminate()
            elif self.process.stdin:
                self.process.stdin.close()

    def kill(self) -> None:
        """The whole process group: what the program started ends with it."""
        if self.process is None:
            return
        with contextlib.suppress(OSError):
            if os.name == "nt":
                self.process.kill()
            else:
                os.killpg(self.process.pid, signal.SIGKILL)

    def ended(self) -> bool:
        return self.process is None or self.process.poll() is not None


def _ending(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


class Supervisor:
    """Runs `programs` until SIGINT or SIGTERM. `ready` is asked until it says yes, then `announce` is called once."""

    def __init__(
        self,
        programs: Iterable[Program],
        out: IO[str] | None = None,
        *,
        ready: Callable[[], bool] = lambda: True,
        announce: Callable[[], None] = lambda: None,
        patience_seconds: float = 10.0,
    ) -> None:
        chosen = list(programs)
        self.terminal = Terminal(out or sys.stdout, [program.name for program in chosen])
        self.children = [Child(program, self.terminal) for program in chosen]
        self.ready = ready
        self.announce = announce
        self.patience_seconds = patience_seconds
        self.asked = 0

    def stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Asked once: a clean end. Asked again: at once."""
        self.asked += 1

    def run(self) -> None:
        """Returns when everything has ended."""
        with self._listening():
            announced = False
            try:
                while not self.asked:
                    for child in self.children:
                        child.look(time.monotonic())
                    if not announced and self.ready():
                        announced = True
                        self.announce()
                    time.sleep(POLL_SECONDS)
            finally:
                self._end()

    def _end(self) -> None:
        self.terminal.line("Stopping (what is being sent is finished first; Ctrl-C again stops at once)")
        for child in self.children:
            child.ask_to_end()
        give_up = time.monotonic() + self.patience_seconds
        while not all(child.ended() for child in self.children):
            if time.monotonic() > give_up or self.asked > 1:
                break
            time.sleep(POLL_SECONDS)
        for child in self.children:
            if not child.ended():
                self.terminal.line("did not end in time and was stopped", child.program.name)
            child.kill()  # also what an ended program may have left behind in its group
            if child.process:
                child.process.wait()
            if child.reader:
                child.reader.join(LAST_WORDS_SECONDS)
        self.terminal.line("Stopped; start again with the same command, it goes on where it was")

    @contextlib.contextmanager
    def _listening(self) -> Iterator[None]:
        names = [signal.SIGINT, signal.SIGTERM]
        names += [getattr(signal, name) for name in ("SIGHUP", "SIGBREAK") if hasattr(signal, name)]
        before = {name: signal.signal(name, self.stop) for name in names}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)
