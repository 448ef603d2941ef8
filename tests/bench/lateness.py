"""How late a page is while very many are open and a tenth falls due each minute, by the product's own processes."""

import time
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection
from django.utils import timezone

from oncall.models import Page, User
from tests.bench.backlog import Company
from tests.bench.figures import Figure
from tests.bench.run import Run
from tests.bench.running import late
from tests.bench.stock import Stock, policy_version
from tests.oncall.provider import serving
from tests.services.ground import Ground, broker
from tests.services.running import PAGER, Installation

OPEN = 100_000
A_MINUTE = OPEN // 10
LOOK_SECONDS = 0.01
TARGET_SECONDS = 1.0
LAST_SECONDS = 5.0
PATIENCE_SECONDS = 300


def figures(run: Run) -> list[Figure]:
    company = Company.found()
    stock = Stock.of(company.senders, User.objects.get(username="ana").pk, policy_version(), timezone.now())
    seconds = 5 if run.short else 40
    with serving() as provider, broker(Path(run.folder)) as redis_url:
        ground = Ground(Path(run.folder), provider)
        environ = ground.environment(DATABASE_URL=run.limits.url, REDIS_URL=redis_url)
        running = Installation(environ, Path(run.folder), provider, token="")
        try:
            running.start("paging", "bulk", "beat")
            running.until(lambda: all(map(running.jobs_done, PAGER - {"database"})), 60, "the jobs ran")
            start = timezone.now() + timedelta(seconds=20)
            stock.burning(1, run.count(OPEN), start, seconds_apart=60 / A_MINUTE)
            took = _late(start, seconds)
            at_once = timezone.now() + timedelta(seconds=20)
            stock.burning(run.count(OPEN) + 1, 2 * run.count(OPEN), at_once)
            last = max(_late(at_once, 1))
        finally:
            running.end()
    words = f"a step's lateness, {run.count(OPEN):,} pages open, {A_MINUTE:,} due a minute"
    return [
        Figure(f"{words}, p50", late(took, 0.5), "s"),
        Figure(f"{words}, p99", late(took, 0.99), "s", TARGET_SECONDS),
        Figure("… the latest of them", max(took), "s"),
        Figure(
            f"the last of {run.count(OPEN):,} pages due at once, by the product's one worker", last, "s", LAST_SECONDS
        ),
    ]


def _late(start: datetime, seconds: float) -> list[float]:
    """From when each of the pages was due until its step and its messages were seen committed; seconds."""
    ours = Page.objects.filter(due_at__gte=start, due_at__lt=start + timedelta(seconds=seconds))
    due = dict(ours.values_list("pk", "due_at"))
    assert due, "all that was to fall due did so before anybody looked"
    took: list[float] = []
    seen = 0
    until = start + timedelta(seconds=seconds + PATIENCE_SECONDS)
    while len(took) < len(due):
        assert timezone.now() < until, f"{len(due) - len(took)} pages of {len(due)} were left"
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, page_id FROM oncall_steprun WHERE id > %s ORDER BY id", [seen])
            rows = cursor.fetchall()
        now = timezone.now()
        took += [(now - due[page]).total_seconds() for _id, page in rows if page in due]
        seen = max([seen, *(pk for pk, _page in rows)])
        time.sleep(LOOK_SECONDS)
    return took
