"""The processes that run jobs: `python -m incidentops.processes.jobs paging|bulk|beat`."""

import sys
import warnings

from celery.exceptions import SecurityWarning

from incidentops.celery import app
from incidentops.processes.parent import end_with_parent

THREADS = {"paging": 4, "bulk": 2}  # threads: the same on every platform; a slow mail server holds up one, not all


def main(name: str) -> None:
    """`beat` is the clock; any other name is the queue whose worker this is. Ends on SIGTERM or with its parent."""
    end_with_parent()
    # Its reason not to run as root is pickle, which is never accepted here.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    beat = ["beat", "--loglevel=WARNING", "--pidfile="]
    worker = [
        *("worker", "--loglevel=WARNING", "--queues", name, "--hostname", f"{name}@%h"),
        *("--pool=threads", "--concurrency", str(THREADS.get(name, 1)), "--without-gossip", "--without-mingle"),
    ]
    app.start(["--quiet", *(beat if name == "beat" else worker)])


if __name__ == "__main__":
    main(sys.argv[1])
