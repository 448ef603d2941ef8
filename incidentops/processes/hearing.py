"""A worker that lost its broker without noticing hears nothing for ever; here it is told.

A connection that breaks while a task is acknowledged is closed under the loop that listens to it, and Celery goes on
waiting (celery/celery#8091, #9054; seen here once in twenty restarts of Redis, with Celery 5.7). Whether something
waits is asked through a connection of its own. What another worker of the queue takes meanwhile does not wait.
"""

import os
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from celery import current_app
from celery.signals import task_postrun, task_prerun, task_revoked, worker_ready

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 1.0
QUIET_SECONDS: Final = 2.0  # a worker that hears nothing for so long, while it has hands free, looks into its queue
LOOKS: Final = 2  # one after the other that find something there: a message on its way is no sign
MOST_TRIES: Final = 3  # then the process ends, and whoever started it starts it again
# It is asked to end, which its loop must see to; one that stands still does not, and is ended without it. Between two
# tries are three seconds and more: what is on its way to a provider, ten seconds at most, has come to its end.
MOST_REQUESTS: Final = 5


@dataclass(slots=True)
class Hearing:
    """What a worker heard last: monotonic seconds."""

    queue: str
    hands: int
    consumer: Any = None
    heard_at: float = 0.0
    busy: int = 0
    suspected: int = 0  # looks
    tries: int = 0  # to have it connect anew
    lock: threading.Lock = field(default_factory=threading.Lock)

    def listen(self) -> None:
        """Begin once the worker does."""
        worker_ready.connect(self._ready, weak=False)
        task_prerun.connect(self._began, weak=False)
        task_postrun.connect(self._ended, weak=False)
        task_revoked.connect(self._heard, weak=False)  # one that waited too long is dropped before it begins

    def _ready(self, sender: Any = None, **_: Any) -> None:
        self.consumer, self.heard_at = sender, time.monotonic()
        threading.Thread(target=self._watch, name="hearing", daemon=True).start()

    def _heard(self, **_: Any) -> None:
        with self.lock:
            self.heard_at, self.suspected, self.tries = time.monotonic(), 0, 0

    def _began(self, **_: Any) -> None:
        with self.lock:
            self.busy += 1
        self._heard()

    def _ended(self, **_: Any) -> None:
        with self.lock:
            self.busy -= 1
            self.heard_at = time.monotonic()

    def _watch(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            try:
                self.look(time.monotonic())
            except Exception as error:  # the broker is away: there is nothing to hear
                log.debug("not_heard", error=repr(error)[:300])

    def look(self, clock: float) -> None:
        """Have the worker connect anew if tasks wait that it does not hear of."""
        if clock - self.heard_at < QUIET_SECONDS or self.busy >= self.hands or not _waiting(self.queue):
            self.suspected = 0
            return
        self.suspected += 1
        if self.suspected < LOOKS:
            return
        self.tries, self.suspected, self.heard_at = self.tries + 1, 0, clock
        log.warning("worker_hears_nothing", queue=self.queue, tries=self.tries)
        if self.tries > MOST_TRIES + MOST_REQUESTS:
            os._exit(1)
        elif self.tries > MOST_TRIES or self.consumer.hub is None:
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            self.consumer.hub.call_soon(_lose_connection)


def _waiting(queue: str) -> int:
    """How many messages lie in the queue, over a connection of its own."""
    with current_app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        try:
            return int(channel.queue_declare(queue=queue, passive=True).message_count)
        except connection.channel_errors:  # Redis knows no empty queues
            return 0


def _lose_connection() -> None:
    """What the loop should have been told: it then connects again."""
    raise ConnectionError("The broker's connection was lost unheard.")
