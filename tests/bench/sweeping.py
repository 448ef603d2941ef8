"""The sweep: very many pages due at once, with all the rows that a step writes; by one worker, by two."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from incidents.models import TimelineEntry
from oncall.engine import escalate
from oncall.models import Notification, StepRun, User
from tests.bench.backlog import Company
from tests.bench.figures import Figure
from tests.bench.run import Run
from tests.bench.stock import Stock, policy_version

TARGET, SHARE = 20_000, 0.3
AT_ONCE = "sweep, due at once, rows written included"
_CLAIM = """
    WITH due AS (
        SELECT id FROM oncall_page WHERE due_at <= %s AND held_at IS NULL AND subject LIKE 'waiting:%%'
        ORDER BY rank, due_at LIMIT 500 FOR UPDATE SKIP LOCKED
    )
    UPDATE oncall_page SET due_at = %s, step = step + 1 FROM due WHERE oncall_page.id = due.id
"""
_WORKER = """
import sys, django
django.setup()
from django.conf import settings
from django.utils import timezone
from oncall.engine import escalate
settings.CELERY_NUDGES = False
escalate.run(timezone.now())
print("ready", flush=True)
sys.stdin.readline()
while escalate.run(timezone.now()):
    pass
print("done", flush=True)
"""


def figures(run: Run) -> list[Figure]:
    company = Company.found()
    person = User.objects.get(username="ana")
    stock = Stock.of(company.senders, person.pk, policy_version(), timezone.now())
    many, past = run.count(100_000), timezone.now() - timedelta(minutes=1)
    stock.burning(1, 1_000, past)
    escalate.run(timezone.now())
    stock.waiting(1, many, past)
    claimed = _plainly_claimed(many)
    stock.forget_waiting()
    stock.burning(1_001, 1_000 + many, past)
    before = Notification.objects.count()
    swept = many / seconds(lambda: emptied(many))
    assert Notification.objects.count() == TimelineEntry.objects.count() == before + many
    _most_severe_first()
    made = [Figure(AT_ONCE, swept, "/s", TARGET, claimed, "plain claim of such rows", SHARE)]
    made += [Figure(f"… the last of {many:,} of them", many / swept, "s", 5.0)]
    half = many // 2
    one = _by(1, half, lambda: stock.burning(2_000 + many, 1_999 + many + half, past))
    two = _by(2, half, lambda: stock.burning(2_000 + many + half, 1_999 + many * 2, past))
    return [*made, Figure("sweep, 2 workers", two, "/s", limit=one, limit_is="1 worker", share=1.6)]


def _plainly_claimed(many: int) -> float:
    """So many pages claimed by one statement for each 500, and nothing else; a second."""
    now, done, began = timezone.now(), 0, time.perf_counter()
    with connection.cursor() as cursor:
        while cursor.execute(_CLAIM, [now, now + timedelta(hours=1)]) and cursor.rowcount:
            done += cursor.rowcount
    assert done == many
    return done / (time.perf_counter() - began)


def _most_severe_first() -> None:
    """Every step of a severity ran before any of a milder one."""
    ranks = list(StepRun.objects.order_by("pk").values_list("page__rank", flat=True))[1_000:]
    assert len(set(ranks)) == 4
    assert ranks == sorted(ranks)


def emptied(many: int) -> None:
    """Sweep until nothing is due; so many pages were."""
    done = 0
    while count := escalate.run(timezone.now()):
        done += count
    assert done == many


def _by(workers: int, many: int, fill: Callable[[], None]) -> float:
    """Pages a second by so many processes, once all are ready."""
    made = [
        subprocess.Popen([sys.executable, "-c", _WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _worker in range(workers)
    ]
    for worker in made:
        assert worker.stdout and worker.stdout.readline() == "ready\n"
    fill()

    def run() -> None:
        for worker in made:
            assert worker.stdin
            worker.stdin.write("go\n")
            worker.stdin.flush()
        for worker in made:
            assert worker.stdout and worker.stdout.readline() == "done\n"

    took = seconds(run)
    for worker in made:
        worker.communicate()
    assert not escalate.run(timezone.now()), "the workers left something"
    return many / took


def seconds(act: Callable[[], object]) -> float:
    """How long it took."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
