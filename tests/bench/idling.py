"""Ticks that find nothing, over very many open pages: each second's look of the sweep, and every other job's."""

import importlib
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import psycopg
from django.db import connection
from django.utils import timezone

from incidentops.beat import JOBS
from oncall.engine import escalate
from oncall.engine.looks import Looks
from oncall.models import User
from tests.bench.backlog import Company
from tests.bench.figures import Figure
from tests.bench.run import Run
from tests.bench.stock import Stock, policy_version

CALM_MS, DIRTY_MS, GROWTH = 2.0, 10.0, 1.3
LOOKS = 40
OTHERS = tuple(job for job in JOBS if job.every_seconds <= 15 and job.task != "oncall.escalate")


def figures(run: Run) -> list[Figure]:
    company = Company.found()
    stock = Stock.of(company.senders, User.objects.get(username="ana").pk, policy_version(), timezone.now())
    many, later = run.count(1_000_000), timezone.now() + timedelta(days=1)
    stock.waiting(1, many // 10, later, seconds_apart=0.01)
    few = _idle()
    stock.waiting(many // 10 + 1, many, later, seconds_apart=0.01)
    looks = _looks()
    idle = _median_ms(lambda now: escalate.run(now, looks))
    slowest, took = max(_others(), key=lambda one: one[1])
    made = [
        Figure(f"idle tick, {many:,} open pages, none due", idle, "ms", CALM_MS),
        Figure("… with 10 × the rows", idle / few, "x", GROWTH),
        Figure(f"… the slowest of {len(OTHERS)} other jobs of seconds ({slowest})", took, "ms"),
    ]
    return [*made, *_forgotten(run, many)]


def _looks() -> Looks:
    """As of a worker at work: its first look also seeks what waits too long for any clock, as these pages do."""
    return Looks(seen_at=timezone.now())


def _idle() -> float:
    looks = _looks()
    return _median_ms(lambda now: escalate.run(now, looks))


def _others() -> list[tuple[str, float]]:
    found = []
    for job in OTHERS:
        module, _, name = job.run.rpartition(".")
        tick = getattr(importlib.import_module(module), name)
        tick(timezone.now())  # what a new company has to have done once
        found.append((job.task, _median_ms(tick)))
    return found


def _forgotten(run: Run, many: int) -> list[Figure]:
    """While somebody's transaction stays open, a fifth of the pages became due and were claimed."""
    with psycopg.connect(run.limits.url) as forgotten:
        forgotten.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        forgotten.execute("SELECT count(*) FROM oncall_page WHERE id = 1")
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            for due_at in (timezone.now() - timedelta(seconds=1), timezone.now() + timedelta(days=1)):
                keys = "SELECT id FROM oncall_page ORDER BY id LIMIT %s"
                cursor.execute(f"UPDATE oncall_page SET due_at = %s WHERE id IN ({keys})", [due_at, many // 5])
        looks = _looks()
        whole = _median_ms(lambda now: escalate.run(now, Looks(seen_at=now)))
        remembered = _median_ms(lambda now: escalate.run(now, looks), seconds_apart=0.5)
    name = f"idle tick after {many // 5:,} claims, a transaction forgotten"
    return [
        Figure(name, remembered, "ms", DIRTY_MS),
        Figure("… one that looks at everything, every 5 s", whole, "ms"),
    ]


def _median_ms(tick: Callable[[datetime], object], seconds_apart: float = 0.0) -> float:
    """Of ticks at instants so far apart."""
    took, now = [], timezone.now()
    for turn in range(LOOKS):
        began = time.perf_counter()
        done = tick(now + timedelta(seconds=turn * seconds_apart))
        took.append((time.perf_counter() - began) * 1000)
        assert not done, (tick, done)
    return sorted(took)[LOOKS // 2]
