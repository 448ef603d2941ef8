"""How fast alerts are accepted and drained: a script, not a test.

    DATABASE_URL=postgres://user@host/bench_intake python -m tests.bench.bench_intake

It migrates the database of DATABASE_URL (default: SQLite in a temporary folder) and fills it. Use one made for it.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "incidentops.settings")
os.environ["DATA_DIR"] = os.environ.get("BENCH_DIR") or tempfile.mkdtemp(prefix="bench-intake-")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from incidents import intake, integrations  # noqa: E402
from incidents.adapters.signal import Action, Signal  # noqa: E402
from incidents.models import Alert, InboxItem, Service  # noqa: E402

LABELS = {"host": "db1.example.org", "job": "node", "team": "platform", "region": "eu-west-1"}


def trigger(key: str) -> Signal:
    return Signal(Action.TRIGGER, f"{key} is broken", key, "error", "probe", LABELS, {"rate": "5"})


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


@contextmanager
def measured(what: str, count: int) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    say(f"{what:<44} {count / wall:>10,.0f}/s   {cpu / count * 1000:>7.3f} ms CPU here each")


def drained() -> None:
    while intake.drain(timezone.now()):
        pass


def fill(integration_id: int, rows: int, per_row: int, key: Callable[[int], str]) -> None:
    now = timezone.now()
    bodies = [[trigger(key(row * per_row + n)).to_json() for n in range(per_row)] for row in range(rows)]
    InboxItem.objects.bulk_create(
        [
            InboxItem(integration_id=integration_id, received_at=now, signals=body, signal_count=per_row)
            for body in bodies
        ]
    )


def main(scale: int) -> None:
    settings.CELERY_NUDGES = False
    call_command("migrate", verbosity=0)
    stamp = f"{time.time():.0f}"
    service = Service.objects.create(name=f"Bench {stamp}", slug=f"bench-{stamp}")
    integration, key = integrations.create(service, "Bench", "generic", timezone.now())
    say(f"{connection.vendor}, {scale} events a round, one process, one thread")

    with measured("accept()", scale):
        for n in range(scale):
            intake.accept(integration.pk, [trigger(f"a{n}")], timezone.now())
    client = Client()
    body = '{"summary": "Disk full", "dedup_key": "%d", "severity": "error", "labels": {"host": "db1"}}'
    path = f"/api/v1/ingest/generic/{key}/"
    with measured("POST through Django's test client", scale):
        for n in range(scale):
            client.post(path, body % n, content_type="application/json")
    with measured("drain, one event a row, new keys", scale * 2):
        drained()
    fill(integration.pk, scale // 100, 100, lambda n: f"b{n}")
    with measured("drain, 100 events a row, new keys", scale):
        drained()
    fill(integration.pk, scale, 1, lambda n: f"b{n}")
    with measured("drain, one event a row, every key once again", scale):
        drained()
    fill(integration.pk, scale, 1, lambda n: "hot")
    with measured("drain, one event a row, one hot key", scale):
        drained()
    say(f"{Alert.objects.filter(service=service).count()} alerts in {service.incidents.count()} incidents")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
