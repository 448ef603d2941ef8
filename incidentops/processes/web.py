"""The web process: `python -m incidentops.processes.web ADDRESS PORT`."""

import os
import signal
import sys

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from incidentops.processes.parent import end_with_parent


def main(address: str, port: int) -> None:
    """Few, long-lived threads: each keeps a database connection (granian's own defaults: 512, gone after 30 s)."""
    end_with_parent()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_end_when_told)
    Server(
        "incidentops.wsgi:application",
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=2 * (os.cpu_count() or 1) + 1,
        blocking_threads_idle_timeout=600,
        runtime_threads=1,
        websockets=False,
        backlog=1024,
        backpressure=512,  # counts connections, and idle browsers hold some: keep it high
        respawn_failed_workers=True,
        workers_kill_timeout=6,
        log_level=LogLevels.error,  # at an end under load it warns of having killed what has ended
    ).serve()


def _end_when_told() -> None:
    """Until the forked worker has handlers of its own it has its parent's, which would swallow the request to end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
