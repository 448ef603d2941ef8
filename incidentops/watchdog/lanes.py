"""Work that may hang (a frozen database, a provider that never answers), kept from stopping the one who asks for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Thread
from typing import Generic, TypeVar

import structlog
from django.db import connections

log = structlog.get_logger(__name__)

Result = TypeVar("Result")


@dataclass(slots=True)
class Lane(Generic[Result]):
    """One kind of work, done in a thread of its own and never twice at once.

    A thread and its database connections last for one piece of work: after an outage nothing old is left to stumble on.
    """

    name: str
    work: Callable[[datetime], Result]
    thread: Thread | None = None

    def ask(self, now: datetime, wait_seconds: float = 0.0) -> Result | None:
        """Begin the work, unless it is still under way from before, and wait for its result at most so long.

        None where there is none yet or the work raised, which is logged.
        """
        if self.thread is not None and self.thread.is_alive():
            return None
        results: list[Result] = []
        self.thread = Thread(target=self._run, args=(now, results), name=self.name, daemon=True)
        self.thread.start()
        if wait_seconds:
            self.thread.join(wait_seconds)
        return results[0] if results else None

    def _run(self, now: datetime, results: list[Result]) -> None:
        try:
            results.append(self.work(now))
        except Exception:
            log.exception("watchdog_work_failed", work=self.name)
        finally:
            connections.close_all()
