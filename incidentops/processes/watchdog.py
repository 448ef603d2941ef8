"""The watchdog's process: `python -m incidentops.processes.watchdog [URL]`. No Celery worker, no broker, no web.

URL is where it posts its canaries; left out: to the web server beside it.
"""

import signal
import sys
import threading
import time

import django
import structlog
from django.conf import settings

from incidentops.processes.lean import without_console
from incidentops.processes.parent import end_with_parent

without_console()
django.setup()

from django.utils import timezone  # noqa: E402  # what needs the models comes after the set-up

from incidentops.canary.door import Door  # noqa: E402
from incidentops.canary.flight import Canary  # noqa: E402
from incidentops.watchdog.lanes import Lane  # noqa: E402
from incidentops.watchdog.watch import TURN_SECONDS, Lanes, Watchdog  # noqa: E402
from oncall.engine import dispatch, loop  # noqa: E402

log = structlog.get_logger(__name__)


def main(url: str = "") -> None:
    """Turn after turn until SIGTERM or the parent's end; what fails in one turn is logged and the next one comes."""
    end_with_parent()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    settings.CELERY_NUDGES = False  # there is nobody to nudge while it works, and no broker it may wait for
    canary = Canary(Door(url) if url else Door.own())
    watchdog = Watchdog(time.monotonic(), Lanes(canary=Lane("canary", canary.run)))
    while not ended.is_set():
        began = time.monotonic()
        try:
            watchdog.turn(timezone.now(), time.monotonic)
        except Exception:
            log.exception("watchdog_turn_failed")
        ended.wait(max(0.5, TURN_SECONDS - (time.monotonic() - began)))
    loop.finish(dispatch.TIMEOUT_SECONDS)


if __name__ == "__main__":
    main(*sys.argv[1:])
