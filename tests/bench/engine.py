"""The engine in one process: pages opened, due steps done, messages claimed and recorded."""

import time
from collections.abc import Callable

from django.conf import settings
from django.utils import timezone

from oncall import paging
from oncall.engine import dispatch, escalate
from oncall.models import Notification
from oncall.transports import REGISTRY, Message, Receipt
from tests import cast
from tests.bench.figures import Figure
from tests.bench.run import Run


class Nowhere:
    """A provider that takes everything at once."""

    name = "email"

    def accepts(self, address: str) -> bool:
        return True

    def send(self, message: Message, timeout: float) -> Receipt:
        return Receipt(ok=True, detail="taken")


def figures(run: Run) -> list[Figure]:
    settings.CONSOLE_TRANSPORT = False
    REGISTRY["email"] = Nowhere()
    company = cast.platform(timezone.now())
    count, now = run.count(5_000), timezone.now()
    commits = run.limits.insert_commits(1)

    def figure(work: str, rows: int, act: Callable[[], object]) -> Figure:
        began = time.perf_counter()
        act()
        value = rows / (time.perf_counter() - began)
        return Figure(work, value, "/s", limit=commits, limit_is="INSERT commits, 1 client")

    content = paging.PageContent("Down", "SEV-1 Critical", 1, "high", "Checkout", now, (), ())
    requests = [paging.PageRequest(f"bench {n}", content, company.policy.pk, now) for n in range(count)]
    made = [figure("pages opened", count, lambda: paging.open_pages(requests, now))]
    made += [figure("pages escalated, a due step each", count, lambda: escalate.run(timezone.now()))]
    some = list(Notification.objects.filter(state="pending").values_list("pk", flat=True)[: count // 5])
    Notification.objects.exclude(pk__in=some).delete()

    def send() -> None:
        while dispatch.run(timezone.now()):
            pass

    made += [figure("messages claimed, sent to nowhere, recorded", len(some), send)]
    assert set(Notification.objects.values_list("state", flat=True)) == {"sent"}
    return made
