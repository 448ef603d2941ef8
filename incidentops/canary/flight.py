"""One canary from its posting to its message; run by the watchdog, apart from everything else it does."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import DatabaseError
from django.utils.translation import gettext as _

from incidentops.canary import key, runs
from incidentops.canary.door import Door
from oncall import keys
from oncall.canary import WITHIN
from oncall.models import CanaryRun

log = structlog.get_logger(__name__)

LOOK_EVERY_SECONDS: Final = 0.5
#: At the start of everything the web server may need longer than we do.
PATIENCE_SECONDS: Final = 120.0


@dataclass(slots=True)
class Canary:
    """`clock` is monotonic seconds, `pause` waits for some; `door` is where they are posted."""

    door: Door
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    began: float = field(init=False)
    asked: float = field(init=False)
    answered: bool = False

    def __post_init__(self) -> None:
        self.began = self.asked = self.clock()

    def run(self, now: datetime) -> bool:
        """Post one if it is time, and wait for it, for at most about a minute; whether one was posted.

        Raises DatabaseError where the database is away; how long it was is told when it is back.
        """
        is_due = runs.due(now)
        silent, self.asked = self.clock() - self.asked, self.clock()
        if runs.missed(silent, _("the database did not answer"), now):
            log.warning("canaries_not_posted", seconds=round(silent))
        if not is_due or not self._web_is_up():
            return False
        service = key.service()
        secret = key.opened(service, now)
        run = runs.begin(service, now)
        if run is None:
            return False
        try:
            self._fly(run, secret, now)
        finally:
            runs.forget(service)
            self.asked = self.clock()
        return True

    def _web_is_up(self) -> bool:
        if not self.answered and self.clock() - self.began < PATIENCE_SECONDS:
            self.answered = self.door.answers()
            return self.answered
        return True

    def _fly(self, run: CanaryRun, secret: str, now: datetime) -> None:
        token, start = f"canary-{keys.new_key(20)}", self.clock()

        def at() -> datetime:
            return now + timedelta(seconds=self.clock() - start)

        run.failed = self.door.post(secret, {"summary": "Canary", "dedup_key": token, "severity": "info"})
        if not run.failed:
            run.accepted_at = at()
            run.received_at = self._await(token, start)
            run.failed = "" if run.received_at else runs.stands(token)
        run.save()
        log.info("canary", failed=run.failed)

    def _await(self, token: str, start: float) -> datetime | None:
        while True:
            try:
                if arrived := runs.received_at(token):
                    return arrived
            except DatabaseError as error:
                log.warning("canary_not_seen", error=type(error).__name__)
            if self.clock() - start >= WITHIN.total_seconds():
                return None
            self.pause(LOOK_EVERY_SECONDS)
