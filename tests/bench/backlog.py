"""An inbox full of events for the measurements of the drain, and workers that empty it."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from incidents import intake, integrations
from incidents.adapters.signal import Action, Signal
from incidents.models import InboxItem, Integration
from tests import cast

LABELS = {"host": "db1.example.org", "job": "node", "team": "platform", "region": "eu-west-1"}
SENDERS = 20
# Both wait for the start together, drain until nothing is left and say that they are done.
_WORKER = """
import sys, django
django.setup()
from django.conf import settings
from django.utils import timezone
from incidents import intake
settings.CELERY_NUDGES = False
intake.drain(timezone.now())
print("ready", flush=True)
sys.stdin.readline()
while intake.drain(timezone.now()):
    pass
print("done", flush=True)
"""


@dataclass(frozen=True, slots=True)
class Company:
    """Services that page somebody, each with one sender."""

    senders: list[Integration]

    @classmethod
    def found(cls, grouping_minutes: int = 5) -> "Company":
        now = timezone.now()
        platform = cast.platform(now)
        services = [
            cast.service(f"Bench {number}", platform.team, platform.policy, grouping_minutes=grouping_minutes)
            for number in range(SENDERS)
        ]
        return cls([integrations.create(service, "Bench", "generic", now)[0] for service in services])

    def fill(self, rows: int, per_row: int, key: Callable[[int], str]) -> int:
        """So many rows of so many events each, senders in turn; how many events that are."""
        now = timezone.now()
        items = []
        for row in range(rows):
            body = [_trigger(key(row * per_row + number)).to_json() for number in range(per_row)]
            sender = self.senders[row % len(self.senders)]
            items.append(InboxItem(integration=sender, received_at=now, signals=body, signal_count=per_row))
        InboxItem.objects.bulk_create(items, batch_size=2_000)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE incidents_inboxitem")  # what autovacuum does in its time
        return rows * per_row

    def grouping(self, minutes: int) -> None:
        for sender in self.senders:
            sender.service.grouping_minutes = minutes
            sender.service.save()


def emptied(events: int) -> float:
    """Drain it all in this process; events a second."""
    began = time.perf_counter()
    while intake.drain(timezone.now()):
        pass
    return events / (time.perf_counter() - began)


def emptied_by(workers: int, events: Callable[[], int]) -> float:
    """Have so many processes drain what `events()` puts in, once all are ready; events a second."""
    made = [
        subprocess.Popen([sys.executable, "-c", _WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _worker in range(workers)
    ]
    for worker in made:
        assert worker.stdout and worker.stdout.readline() == "ready\n"
    count = events()
    began = time.perf_counter()
    for worker in made:
        assert worker.stdin
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in made:
        assert worker.stdout and worker.stdout.readline() == "done\n"
    took = time.perf_counter() - began
    for worker in made:
        worker.communicate()
    assert not intake.drain(timezone.now()), "the workers left something"
    return count / took


def _trigger(key: str) -> Signal:
    return Signal(Action.TRIGGER, f"{key} is broken", key, "error", "probe", LABELS, {"rate": "5"})
