"""Programs run side by side: prefixed, restarted, ended cleanly; nobody else's process is touched."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from incidentops.supervisor import Child, Program, Supervisor, Terminal

PATIENT = "import signal,sys,time; signal.signal(signal.SIGTERM, lambda *_: (print('bye', flush=True), sys.exit(0)))\n"
WAIT = "print('up', flush=True)\nwhile True: time.sleep(0.05)"
STUBBORN = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WAIT.replace("\n", "\n")


def program(name: str, code: str) -> Program:
    return Program(name, (sys.executable, "-c", code), dict(os.environ))


def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def run(supervisor: Supervisor, then: Callable[[], None]) -> None:
    """Runs it in this thread (signals live there) while `then` looks on from another and stops it."""
    failures: list[BaseException] = []

    def look() -> None:
        try:
            then()
        except BaseException as error:
            failures.append(error)
        finally:
            supervisor.stop()

    watcher = threading.Thread(target=look)
    watcher.start()
    supervisor.run()
    watcher.join()
    assert not failures, failures


def test_each_line_stands_under_its_programs_name_and_all_end_cleanly() -> None:
    out = io.StringIO()
    supervisor = Supervisor([program("web", PATIENT + WAIT), program("beat", PATIENT + WAIT)], out)
    run(supervisor, lambda: until(lambda: out.getvalue().count("up") == 2))
    text = out.getvalue()
    assert {"web  | up", "beat | up", "web  | bye", "beat | bye"} <= set(text.splitlines())
    assert "stopped\n" not in text
    assert text.endswith("it goes on where it was\n")


def test_a_died_program_is_said_and_started_again() -> None:
    out = io.StringIO()
    supervisor = Supervisor([program("web", "print('up'); raise SystemExit(3)")], out)
    run(supervisor, lambda: until(lambda: out.getvalue().count("| up") >= 2))
    assert "web | ended (exit status 3); starts again in 1 s" in out.getvalue()


def test_restarts_come_at_growing_intervals_until_it_ran_steadily(monkeypatch: pytest.MonkeyPatch) -> None:
    child = Child(program("web", ""), Terminal(io.StringIO(), ["web"]))
    waits = []
    now = 1000.0
    monkeypatch.setattr(child, "start", lambda: setattr(child, "process", finished()))
    for _ in range(7):
        child.began = now
        child.process = finished()
        child.look(now + 1)
        waits.append(child.wait_seconds)
    assert waits == [1, 2, 4, 5, 5, 5, 5]
    child.began, child.process = now, finished()
    child.look(now + 11)
    assert child.wait_seconds == 0
    assert child.due == now + 11


def test_what_a_killed_program_left_behind_ends_before_its_next_start(tmp_path: Path) -> None:
    """Its child would hold the port, or do its work a second time."""
    orphan = tmp_path / "orphan"
    code = (
        "import os, subprocess, sys, time, pathlib\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        f"pathlib.Path({str(orphan)!r}).open('a').write(f'{{child.pid}}\\n'); print('up', flush=True)\n"
        "time.sleep(600)"
    )
    out = io.StringIO()
    supervisor = Supervisor([program("web", code)], out)

    def kill_and_look() -> None:
        until(lambda: "up" in out.getvalue())
        process = supervisor.children[0].process
        assert process
        process.kill()
        until(lambda: out.getvalue().count("| up") == 2)
        assert not alive(int(orphan.read_text().split()[0]))

    run(supervisor, kill_and_look)


def alive(pid: int) -> bool:
    """A zombie that nobody has reaped is as dead as one that somebody has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def finished() -> "subprocess.Popen[bytes]":
    process = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE)
    process.wait()
    return process


def test_a_program_that_will_not_end_is_killed_after_its_time() -> None:
    out = io.StringIO()
    supervisor = Supervisor([program("web", STUBBORN)], out, patience_seconds=0.5)
    run(supervisor, lambda: until(lambda: "up" in out.getvalue()))
    assert "web | did not end in time and was stopped" in out.getvalue()
    process = supervisor.children[0].process
    assert process
    assert process.returncode == -signal.SIGKILL


def test_only_its_own_children_are_ended() -> None:
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    out = io.StringIO()
    run(Supervisor([program("web", PATIENT + WAIT)], out), lambda: until(lambda: "up" in out.getvalue()))
    assert other.poll() is None
    other.communicate(b"\n", timeout=60)


def test_ready_is_announced_once() -> None:
    answers = iter([False, False, True])
    said: list[str] = []
    supervisor = Supervisor(
        [program("web", PATIENT + WAIT)],
        io.StringIO(),
        ready=lambda: next(answers),
        announce=lambda: said.append("ready"),
    )
    run(supervisor, lambda: until(lambda: bool(said)))
    assert said == ["ready"]


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_end_everything(asked: signal.Signals) -> None:
    code = (
        "import sys; from incidentops.supervisor import *\n"
        "Supervisor([Program('web', (sys.executable, '-c', sys.argv[1]))]).run()"
    )
    process = subprocess.Popen([sys.executable, "-c", code, PATIENT + WAIT], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "web | up\n"
    process.send_signal(asked)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "web | bye" in out


def test_a_child_ends_when_its_parent_was_killed() -> None:
    code = (
        "import os, time; from incidentops.processes.parent import end_with_parent\n"
        "end_with_parent(); print(os.getpid(), flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout
    assert child.stdin
    child.stdout.readline()
    child.stdin.close()  # what the system does to it when we are killed
    assert child.wait(timeout=60) == -signal.SIGTERM


def test_the_last_words_of_a_program_are_heard_before_all_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """They lie in the pipe when it has ended already."""
    pump = Child._pump

    def slow(child: Child, stream: "object") -> None:
        time.sleep(0.3)
        pump(child, stream)  # type: ignore[arg-type]

    monkeypatch.setattr(Child, "_pump", slow)
    out = io.StringIO()
    supervisor = Supervisor([program("web", "print('bye', flush=True)")], out)
    supervisor.children[0].start()
    supervisor.children[0].process.wait()  # type: ignore[union-attr]
    supervisor.stop()
    supervisor.run()
    assert "web | bye" in out.getvalue()
