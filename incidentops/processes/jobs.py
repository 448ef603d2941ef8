"""The processes that run jobs: `python -m incidentops.processes.jobs paging|bulk|beat`."""

import os
import sys
import warnings

from celery.exceptions import SecurityWarning
from django.db import connection

from incidentops.celery import app
from incidentops.processes.hearing import Hearing
from incidentops.processes.lean import without_console
from incidentops.processes.parent import end_with_parent

THREADS = {"paging": 4, "bulk": 4}  # threads: the same on every platform; a slow mail server holds up one, not all

# A thread that waits for another's turn to end waits so long, and a message takes a dozen turns; at Python's own 5 ms
# two messages at once became thirty a second beside threads that drain and escalate.
SWITCH_SECONDS = 0.0005


def main(name: str) -> None:
    """`beat` is the clock; any other name is the queue whose worker this is. Ends on SIGTERM or with its parent."""
    end_with_parent()
    os.environ["CELERY_SKIP_CHECKS"] = "1"  # `up` has made them; they would load the console into each process
    sys.setswitchinterval(SWITCH_SECONDS)
    # Its reason not to run as root is pickle, which is never accepted here.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    queues = [name, "paging"] if name == "bulk" and _two_may_write() else [name]
    beat = ["beat", "--loglevel=WARNING", "--pidfile="]
    worker = [
        *("worker", "--loglevel=WARNING", "--queues", ",".join(queues), "--hostname", f"{name}@%h"),
        *("--pool=threads", "--concurrency", str(THREADS.get(name, 1)), "--without-gossip", "--without-mingle"),
    ]
    if name == "beat":
        without_console()
    else:
        Hearing(name, THREADS.get(name, 1)).listen()
    app.start(["--quiet", *(beat if name == "beat" else worker)])


def _two_may_write() -> bool:
    """Whether a second process that pages helps: it takes over while the first is away, and shares its work. On SQLite,
    which has one writer, they would only wait for each other. What is slow still holds up no page: the worker of
    paging takes nothing else."""
    return connection.vendor == "postgresql"


if __name__ == "__main__":
    main(sys.argv[1])
