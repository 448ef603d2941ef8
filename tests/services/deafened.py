"""`python -m tests.services.deafened incidentops.processes.jobs paging`: a worker that SIGUSR1 makes deaf, as a
connection does that is closed under the loop listening to it."""

import runpy
import signal
import sys
from typing import Any

from celery.signals import worker_ready


def _ready(sender: Any = None, **_: Any) -> None:
    def deafen(*_signal: object) -> None:
        sender.hub.on_tick.clear()  # it would be listened to again
        for fd in list(sender.hub.readers):
            sender.hub.remove(fd)

    signal.signal(signal.SIGUSR1, deafen)


if __name__ == "__main__":
    worker_ready.connect(_ready, weak=False)
    module, *sys.argv[1:] = sys.argv[1:]
    sys.argv[0] = module
    runpy.run_module(module, run_name="__main__", alter_sys=True)
