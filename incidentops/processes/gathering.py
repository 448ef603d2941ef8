"""Senders' requests that wait together go together: one thread, one commit, and each answered only after it."""

import asyncio
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections

import incidentops.wsgi  # noqa: F401 — sets Django up, which whatever follows needs
from incidents.api import door

MOST_TOGETHER: Final = 200
PATIENCE_SECONDS: Final = 30.0

Answer = tuple[int, list[tuple[str, str]], bytes]
Environ = dict[str, Any]


@dataclass(eq=False, slots=True)
class _Batch:
    """What went together, and when its senders have waited long enough."""

    environs: list[Environ]
    asked: list["asyncio.Future[Answer]"]
    patience: asyncio.TimerHandle | None = None


class Gathering:
    """It waits for nobody: what is there when a thread is free goes together. Used by the event loop's thread alone.
    While one of its threads waits for the database, the other reads what came meanwhile.

    `busy` is said to whoever has waited for 30 seconds, `fault` to those whose answers could not be made.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, busy: Answer, fault: Answer) -> None:
        self.loop, self.busy, self.fault = loop, busy, fault
        self.pool = ThreadPoolExecutor(settings.SENDER_THREADS, thread_name_prefix="senders")
        self.waiting: list[tuple[Environ, asyncio.Future[Answer]]] = []
        self.free = settings.SENDER_THREADS

    async def answer(self, environ: Environ) -> Answer:
        """The answer to one sender's request."""
        asked: asyncio.Future[Answer] = self.loop.create_future()
        self.waiting.append((environ, asked))
        if self.free:
            self._begin()
        return await asked

    def _begin(self) -> None:
        taken, self.waiting = self.waiting[:MOST_TOGETHER], self.waiting[MOST_TOGETHER:]
        batch = _Batch([environ for environ, _asked in taken], [asked for _environ, asked in taken])
        self.free -= 1
        self._wait(batch)
        work = self.loop.run_in_executor(self.pool, answers, batch.environs)
        work.add_done_callback(lambda done: self._end(batch, done))

    def _end(self, batch: _Batch, done: "asyncio.Future[list[Answer]]") -> None:
        if batch.patience:
            batch.patience.cancel()
        self.free += 1
        if error := done.exception():
            sys.excepthook(type(error), error, error.__traceback__)
        _tell(batch.asked, [self.fault] * len(batch.asked) if error else done.result())
        if self.waiting:
            self._begin()

    def _wait(self, batch: _Batch) -> None:
        batch.patience = self.loop.call_later(PATIENCE_SECONDS, self._give_up, batch)

    def _give_up(self, batch: _Batch) -> None:
        """The database does not answer. What it was sent may yet be stored: a sender's repeat is one event more."""
        late = [*batch.asked, *(asked for _environ, asked in self.waiting)]
        self.waiting = []
        _tell(late, [self.busy] * len(late))
        self._wait(batch)  # for those who come meanwhile


def _tell(asked: Sequence["asyncio.Future[Answer]"], told: Sequence[Answer]) -> None:
    for one, answer in zip(asked, told, strict=True):
        if not one.done():
            one.set_result(answer)


def answers(environs: Sequence[Environ]) -> list[Answer]:
    """What Django's views answer, past its handler: the middleware after the senders' door is for people."""
    close_old_connections()
    responses = door.answers([WSGIRequest(environ) for environ in environs])
    return [(response.status_code, list(response.items()), response.content) for response in responses]
