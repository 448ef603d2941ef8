"""The web process: `python -m incidentops.processes.web ADDRESS PORT`."""

import os
import sys

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from incidentops.processes.parent import end_with_parent


def main(address: str, port: int) -> None:
    """Few, long-lived threads: each keeps a database connection (granian's own defaults: 512, gone after 30 s)."""
    end_with_parent()
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
        workers_kill_timeout=8,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
