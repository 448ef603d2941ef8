"""What is quick on an idle machine, judged on a machine that may be many times slower at the moment."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

SUM_SECONDS = 0.08  # what `_sum` takes on an idle machine


@contextmanager
def no_more_than(seconds: float) -> Iterator[None]:
    """The block takes at most these CPU seconds of an idle machine: where a fixed sum takes longer beside it, so may
    the block."""
    before = _sum()
    began = time.process_time()
    yield
    taken = time.process_time() - began
    assert taken < seconds * max(1.0, before / SUM_SECONDS, _sum() / SUM_SECONDS)


def times_slower() -> float:
    """How many times as long as on an idle machine a fixed sum takes at the moment, by the clock on the wall."""
    began = time.perf_counter()
    _sum()
    return max(1.0, (time.perf_counter() - began) / SUM_SECONDS)


def _sum() -> float:
    began = time.process_time()
    total = 0
    for number in range(1_000_000):
        total += number
    return time.process_time() - began
