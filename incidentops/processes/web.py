"""The web process: `python -m incidentops.processes.web ADDRESS PORT`."""

import os
import signal
import sys
from typing import Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from incidentops.env import Environment
from incidentops.processes.parent import end_with_parent

if sys.platform != "win32":
    import resource

# Half-open connections wait in here; they must not keep others out. Each takes a file descriptor.
CONNECTIONS: Final = 16_384
HEADER_MILLISECONDS: Final = 3_000


def main(address: str, port: int) -> None:
    """The server reads headers against its own deadline, `front` the body; only then is a thread taken."""
    end_with_parent()
    _allow_files(2 * CONNECTIONS)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_end_when_told)
    Server(
        "incidentops.processes.front:application",
        address=address,
        port=port,
        interface=Interfaces.RSGI,
        workers=Environment().int("WEB_PROCESSES", default=1),
        runtime_threads=1,
        websockets=False,
        backlog=CONNECTIONS,
        backpressure=CONNECTIONS,  # counts connections
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MILLISECONDS),
        respawn_failed_workers=True,
        workers_kill_timeout=6,
        log_level=LogLevels.error,  # at an end under load it warns of having killed what has ended
    ).serve()


def _allow_files(wanted: int) -> None:
    """As many open files as the system lets us have; an ordinary limit is 1,024."""
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _end_when_told() -> None:
    """Until the forked worker has handlers of its own it has its parent's, which would swallow the request to end."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
