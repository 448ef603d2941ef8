"""`up` steps aside: what it planned runs in its place, and what must be said is said."""

import signal
import subprocess
import sys

PROGRAM = "import signal,sys,time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); print('on', flush=True)\n"
HAND_OVER = """
import os, sys
from incidentops.processes.together import Plan, hand_over
print("pid", os.getpid(), flush=True)
web = ("127.0.0.1", 1, "localhost") if sys.argv[1] == "never" else None
hand_over(Plan([("web", [sys.executable, "-c", sys.argv[2]])], web, ["  1. try this"], ["  the password is ä"]))
"""


def started(when: str) -> "subprocess.Popen[str]":
    code = PROGRAM + "while True: time.sleep(0.05)"
    return subprocess.Popen([sys.executable, "-c", HAND_OVER, when, code], stdout=subprocess.PIPE, text=True)


def lines_until(process: "subprocess.Popen[str]", text: str) -> list[str]:
    lines = []
    for line in process.stdout or ():
        lines.append(line.rstrip())
        if text in line:
            break
    return lines


def test_the_plan_runs_in_the_place_of_the_process_that_made_it() -> None:
    process = started("now")
    lines = lines_until(process, "try this")
    assert lines[0] == f"pid {process.pid}"
    assert lines[-2:] == ["  the password is ä", "  1. try this"]
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "password" not in rest


def test_the_password_is_said_also_where_the_start_ended_before_it_was_ready() -> None:
    process = started("never")
    lines_until(process, "web | on")
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert "the password is ä" in rest
    assert "try this" not in rest
