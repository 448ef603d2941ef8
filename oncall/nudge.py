"""Look now: asks a worker to run a job at once. It only cuts latency; the beat is the guarantee."""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction

log = structlog.get_logger(__name__)

# Of one name; the first is sent at once. Alerts that come one by one are worked on together, and none waits for what
# others asked for.
APART_SECONDS: Final = 0.1
SILENCE_SECONDS: Final = 5.0  # nobody waits for the thread that asks: what counts is how soon it asks again
HEADER: Final = "nudged"  # in a task's request: somebody asked for it, it is not the beat's
EXPIRE_SECONDS: Final = 10  # a nudge that waited longer is overtaken by the beat


def look(task_name: str) -> None:
    """Ask for the job after the surrounding transaction's commit, or now where there is none.

    Never raises and never waits: a thread of its own talks to the broker (a frozen Redis holds a publisher for
    seconds), each name once in 100 ms at most; after a failure nothing is asked for 5 seconds.
    """
    if not getattr(settings, "CELERY_NUDGES", True):
        return
    callback = _Callback(task_name)
    if not any(registered[1] == callback for registered in transaction.get_connection().run_on_commit):
        transaction.on_commit(callback, robust=True)


@dataclass(frozen=True, slots=True)
class _Callback:
    """Equal for equal names, so that one transaction registers each name once."""

    task_name: str

    def __call__(self) -> None:
        _nudger.ask(self.task_name)


@dataclass(slots=True)
class Nudger:
    """The wanted names and the thread that sends them; one of it per process."""

    publish: Callable[[str], object]
    wanted: set[str] = field(default_factory=set)
    sent_at: dict[str, float] = field(default_factory=dict)
    silent_until: float = 0.0
    condition: threading.Condition = field(default_factory=threading.Condition)
    thread: threading.Thread | None = None

    def ask(self, task_name: str) -> None:
        """Have `task_name` sent soon, unless the broker failed a moment ago."""
        with self.condition:
            if time.monotonic() < self.silent_until:
                return
            self.wanted.add(task_name)
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self._run, name="nudge", daemon=True)
                self.thread.start()
            self.condition.notify()

    def _run(self) -> None:
        while True:
            self.send(self._ripe())

    def _ripe(self) -> list[str]:
        """The wanted names whose pause is over; waits until there are some."""
        with self.condition:
            while True:
                now = time.monotonic()
                waits = {name: self.sent_at.get(name, -APART_SECONDS) + APART_SECONDS - now for name in self.wanted}
                if ripe := sorted(name for name, wait in waits.items() if wait <= 0):
                    self.wanted.difference_update(ripe)
                    self.sent_at.update(dict.fromkeys(ripe, now))
                    return ripe
                self.condition.wait(min(waits.values(), default=None))

    def send(self, names: list[str]) -> bool:
        """Whether all were sent; if not, be silent for a while and forget what was asked meanwhile."""
        try:
            for name in names:
                self.publish(name)
        except Exception as error:
            with self.condition:
                self.silent_until = time.monotonic() + SILENCE_SECONDS
                self.wanted.clear()
            log.warning("nudge_failed", tasks=names, error=type(error).__name__, silent_seconds=SILENCE_SECONDS)
            return False
        return True


def _publish(task_name: str) -> None:
    current_app.send_task(task_name, expires=EXPIRE_SECONDS, retry=False, ignore_result=True, headers={HEADER: True})


_nudger = Nudger(_publish)


def _fresh() -> None:
    """A forked child has its parent's lock and thread in name only."""
    global _nudger
    _nudger = Nudger(_publish)


os.register_at_fork(after_in_child=_fresh)
