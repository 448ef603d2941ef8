"""The faults: each begins, lasts and is over, and says whether it excuses a message that was sent twice."""

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import psycopg
import redis

from tests.chaos.provider import Mood, Provider
from tests.chaos.servers import Postgres, Redis
from tests.chaos.supervised import PROGRAMS, Supervised, tell

PAUSE_SECONDS = (0.5, 2.5)
FREEZE_SECONDS = (2.0, 6.0)
MOOD_SECONDS = (2.0, 8.0)
SENDERS = ("paging", "bulk")  # a message that one of them was handing over when it died may come again


@dataclass(frozen=True, slots=True)
class Place:
    """What can be broken."""

    up: Supervised
    postgres: Postgres
    broker: Redis
    provider: Provider


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind. `excuses`: a message handed over while it lasted may be handed over again, its record being lost."""

    name: str
    do: Callable[[Place, random.Random], None]
    excuses: bool = False


@dataclass(frozen=True, slots=True)
class Happened:
    """A fault as it was: monotonic seconds."""

    name: str
    began: float
    ended: float
    excuses: bool


def run(place: Place, seed: int, seconds: float, over: threading.Event) -> list[Happened]:
    """Faults at random, one after another (what they leave behind overlaps), each kind once a round, for `seconds`."""
    choose = random.Random(seed)
    end = time.monotonic() + seconds
    log: list[Happened] = []
    for fault in _rounds(choose):
        if over.wait(choose.uniform(*PAUSE_SECONDS)) or time.monotonic() >= end:
            return log
        began = time.monotonic()
        fault.do(place, choose)
        log.append(Happened(fault.name, began, time.monotonic(), fault.excuses))
    return log


def _rounds(choose: random.Random) -> Iterator[Fault]:
    while True:
        kinds = list(KINDS)
        choose.shuffle(kinds)
        yield from kinds


def _kill(name: str) -> Fault:
    excuses = name in SENDERS
    return Fault(f"{name} killed", lambda place, _: tell(place.up.program(name), signal.SIGKILL), excuses)


def _kill_child(name: str) -> Fault:
    excuses = name in SENDERS
    return Fault(f"{name}'s child killed", lambda place, _: tell(place.up.child(name), signal.SIGKILL), excuses)


def _freeze(name: str) -> Fault:
    def do(place: Place, choose: random.Random) -> None:
        pid = place.up.child(name)
        tell(pid, signal.SIGSTOP)
        time.sleep(choose.uniform(*FREEZE_SECONDS))
        tell(pid, signal.SIGCONT)

    return Fault(f"{name} frozen", do)


def _mood(mood: Mood) -> Fault:
    def do(place: Place, choose: random.Random) -> None:
        place.provider.feel(mood)
        time.sleep(choose.uniform(*MOOD_SECONDS))
        place.provider.feel(Mood.WELL)

    return Fault(f"provider {mood}", do)


def _flush(place: Place, _: random.Random) -> None:
    with suppress(redis.RedisError):
        place.broker.flush()


def _freeze_redis(place: Place, choose: random.Random) -> None:
    place.broker.send(signal.SIGSTOP)
    time.sleep(choose.uniform(*FREEZE_SECONDS))
    place.broker.send(signal.SIGCONT)


def _restart_redis(place: Place, choose: random.Random) -> None:
    place.broker.kill()
    time.sleep(choose.uniform(0.2, 2.0))
    place.broker.start()


def _crash_postgres(place: Place, choose: random.Random) -> None:
    place.postgres.crash()
    time.sleep(choose.uniform(0.0, 2.0))
    place.postgres.start()


def _cut_connections(place: Place, _: random.Random) -> None:
    with suppress(psycopg.Error):
        place.postgres.cut()


KINDS = (
    *(_kill(name) for name in PROGRAMS),
    _kill_child("web"),
    _kill_child("paging"),
    *(_freeze(name) for name in PROGRAMS),
    Fault("Redis flushed", _flush),
    Fault("Redis frozen", _freeze_redis),
    Fault("Redis restarted", _restart_redis),
    Fault("PostgreSQL crashed", _crash_postgres, excuses=True),
    Fault("connections cut", _cut_connections, excuses=True),
    *(_mood(mood) for mood in Mood if mood is not Mood.WELL),
)
