"""One thread that ends the calls of this process whose time is over: a thread for each call would cost a busy worker
more than the call."""

import os
import threading
from heapq import heappop, heappush
from itertools import count
from time import monotonic
from typing import Protocol


class Bounded(Protocol):
    """A call: `cut` ends it wherever it hangs, and does no harm to one that is over."""

    deadline: float

    def cut(self) -> None: ...


class _Watch:
    def __init__(self) -> None:
        self.calls: list[tuple[float, int, Bounded]] = []
        self.change = threading.Condition()
        self.numbers = count()
        self.begun = False

    def add(self, call: Bounded) -> None:
        with self.change:
            heappush(self.calls, (call.deadline, next(self.numbers), call))
            if not self.begun:
                threading.Thread(target=self._work, daemon=True, name="outbound-deadlines").start()
                self.begun = True
            elif self.calls[0][2] is call:
                self.change.notify()

    def _work(self) -> None:
        while True:
            with self.change:
                while not self.calls or (left := self.calls[0][0] - monotonic()) > 0:
                    self.change.wait(left if self.calls else None)
                _deadline, _number, call = heappop(self.calls)
            call.cut()


_watch = _Watch()


def watch(call: Bounded) -> None:
    """Have the call cut at its deadline (monotonic seconds)."""
    _watch.add(call)


def _anew() -> None:
    """A forked process has our list, and nobody who looks at it."""
    global _watch
    _watch = _Watch()


os.register_at_fork(after_in_child=_anew)
