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


class Clock:
    """This process's wall clock, off by what the file says."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.off = 0.0
        self.travel: time_machine.travel | None = None

    def look(self) -> None:
        wanted = float(self.file.read_text() or self.off) if self.file.exists() else 0.0
        if wanted == self.off:
            return
        if self.travel is not None:
            self.travel.stop()
        self.off = wanted
        self.travel = time_machine.travel(datetime.now(UTC) + timedelta(seconds=wanted), tick=True)
        self.travel.start()

    def follow(self) -> None:
        while True:
            self.look()
            time.sleep(0.1)

    def begin(self) -> None:
        threading.Thread(target=self.follow, daemon=True).start()


if __name__ == "__main__":
    clock = Clock(Path(sys.argv[1]))
    clock.look()  # before anything is imported: a thread would wait for the imports' lock, its instant growing old
    clock.begin()
    os.register_at_fork(after_in_child=clock.begin)  # a forked child has its parent's threads in name only
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
