"""Runs a module as `python -m` would, under a wall clock that is set by a file: `python -m tests.services.stepped FILE
MODULE ARGUMENT…`. FILE holds the seconds that the clock is to be off; the monotonic clock stays as it is."""

import os
import runpy
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine


def follow(file: Path) -> None:
    travel: time_machine.travel | None = None
    off = 0.0
    while True:
        wanted = float(file.read_text() or off) if file.exists() else 0.0
        if wanted != off:
            if travel is not None:
                travel.stop()
            off = wanted
            travel = time_machine.travel(datetime.now(UTC) + timedelta(seconds=off), tick=True)
            travel.start()
        time.sleep(0.1)


def begin(file: Path) -> None:
    threading.Thread(target=follow, args=(file,), daemon=True).start()


if __name__ == "__main__":
    clock = Path(sys.argv[1])
    begin(clock)
    os.register_at_fork(after_in_child=lambda: begin(clock))  # a forked child has its parent's threads in name only
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
