"""How fast the engine is beside the bare database, as ratios of one run: a script, not a test.

    DATABASE_URL=postgres://user@host/bench_engine python -m tests.bench.bench_engine [COUNT]

It migrates the database of DATABASE_URL (default: SQLite in a temporary folder) and fills it. Use one made for it.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "incidentops.settings")
os.environ["DATA_DIR"] = os.environ.get("BENCH_DIR") or tempfile.mkdtemp(prefix="bench-engine-")
os.environ.setdefault("LOG_LEVEL", "WARNING")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from incidents import intake, integrations  # noqa: E402
from incidents.adapters.signal import Action, Signal  # noqa: E402
from oncall import paging  # noqa: E402
from oncall.engine import dispatch, escalate  # noqa: E402
from oncall.models import EscalationPolicy, Notification, Page, User  # noqa: E402
from oncall.transports import REGISTRY, Message, Receipt  # noqa: E402
from tests import cast  # noqa: E402

BODY = '[{"action": "trigger", "summary": "Error rate above 5 %", "labels": {"host": "db1.example.org"}}]'


class Nowhere:
    """A provider that takes everything at once."""

    name = "email"

    def accepts(self, address: str) -> bool:
        return True

    def send(self, message: Message, timeout: float) -> Receipt:
        return Receipt(ok=True, detail="taken")


def rate(what: str, count: int, act: Callable[[], object], than: float = 0.0) -> float:
    """Print how many a second, and what part of `than` that is."""
    began = time.perf_counter()
    act()
    reached = count / (time.perf_counter() - began)
    ratio = f"   {reached / than:6.2f} of raw commits" if than else ""
    sys.stdout.write(f"{what:<52} {reached:>9,.0f}/s{ratio}\n")
    return reached


def insert(count: int) -> None:
    with connection.cursor() as cursor:
        for _row in range(count):
            cursor.execute("INSERT INTO bench_raw (at, body) VALUES (%s, %s)", [timezone.now().isoformat(), BODY])


def prepare() -> tuple[int, cast.Platform]:
    """Tables and a company of its own; returns the integration's key too."""
    settings.CELERY_NUDGES = False
    settings.CONSOLE_TRANSPORT = False
    REGISTRY["email"] = Nowhere()
    call_command("migrate", verbosity=0)
    User.objects.filter(username__in=["ana", "bo", "cy", "dee", "zoe"]).delete()
    if EscalationPolicy.objects.exists():
        sys.exit("This database is in use; take one made for it.")
    company = cast.platform(timezone.now())
    integration, _key = integrations.create(company.service, "Bench", "generic", timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_raw (at varchar(40), body text)")
    return integration.pk, company


def main(count: int) -> None:
    integration, company = prepare()
    sys.stdout.write(f"{connection.vendor}, {count} of each, one process\n")
    raw = rate("INSERT and commit, bare", count, lambda: insert(count))
    signals = [Signal(Action.TRIGGER, f"{n} is broken", f"key {n}", "error", "bench", {}, {}) for n in range(count)]
    rate(
        "accept()",
        count,
        lambda: [intake.accept(integration, [signal], timezone.now()) for signal in signals],
        raw,
    )

    def drain() -> None:
        while intake.drain(timezone.now()):
            pass

    rate("drain into one incident", count, drain, raw)
    Page.objects.all().delete()
    now = timezone.now()
    content = paging.PageContent("Down", "SEV-1 Critical", 1, "high", "Checkout", now, (), ())
    requests = [paging.PageRequest(f"bench {n}", content, company.policy.pk, now) for n in range(count)]
    rate("pages opened", count, lambda: paging.open_pages(requests, now), raw)
    rate("pages escalated (a due step each)", count, lambda: escalate.run(timezone.now()), raw)
    some = list(Notification.objects.filter(state="pending").values_list("pk", flat=True)[: count // 5])
    Notification.objects.exclude(pk__in=some).delete()

    def send() -> None:
        while dispatch.run(timezone.now()):
            pass

    rate("messages claimed, sent to nowhere, recorded", len(some), send, raw)
    states = dict.fromkeys(Notification.objects.values_list("state", flat=True))
    sys.stdout.write(f"{len(some)} messages, now {', '.join(states)}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
