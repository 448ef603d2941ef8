"""The console's lists over years of rows: every filter and search, at a tenth of the rows and at all of them."""

import time
from collections.abc import Iterable

from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from incidents.models import Incident, Integration, Severity
from oncall.models import User
from tests.bench.backlog import Company
from tests.bench.figures import Figure
from tests.bench.run import Run
from tests.bench.stock import Stock, policy_version

TARGET_MS, GROWTH = 150, 1.3
LOOKS = 5


def figures(run: Run) -> list[Figure]:
    settings.ALLOWED_HOSTS = ["testserver"]
    company = Company.found()
    zoe = User.objects.get(username="zoe")
    zoe.groups.set(Group.objects.all())
    client = Client()
    client.force_login(zoe)
    stock = Stock.of(company.senders, zoe.pk, policy_version(), timezone.now())
    many = run.count(1_000_000)
    stock.years(1, many // 10)
    few = {path: took_ms(client, path) for path in _paths(company.senders[0])}
    stock.years(many // 10 + 1, many)
    all_ = {path: took_ms(client, path) for path in _paths(company.senders[0])}
    assert Incident.objects.count() == many
    return [*_of(f"{many:,} incidents", "incidents/incident", few, all_), *_rest(few, all_)]


def _paths(sender: Integration) -> list[str]:
    severity = Severity.objects.order_by("rank")[0].pk
    service, team = sender.service_id, sender.service.team_id
    incidents = [
        *("", "open=yes", "open=nobody", "open=no", "private__exact=1", "p=40", "o=-1", "o=1"),
        *(f"state__exact={state}" for state in Incident.State.values),
        *(f"severity__id__exact={severity}", f"service__id__exact={service}", f"service__team__id__exact={team}"),
        *(f"service__id__exact={service}&severity__id__exact={severity}&open=no", "since=365"),
        *("q=kraken", "q=error", "q=latency+kraken", "q=nowhere+to+be+found", "q=777777", "q=INC-1999-4242", "q=zq"),
    ]
    others = {
        "incidents/alert": ["", "state=open", "state=silenced", f"service__id__exact={service}", "q=kraken"],
        "oncall/page": ["", "state__exact=open", "state__exact=ended", "q=kraken"],
        "oncall/notification": ["", "kind__exact=code", "state__exact=failed", "state__exact=pending", "q=kraken"],
    }
    found = [f"/admin/incidents/incident/?{query}" for query in incidents]
    found += [f"/admin/{where}/?{query}" for where, queries in others.items() for query in queries]
    return [*found, "/admin/"]


def took_ms(client: Client, path: str) -> float:
    """The median of some looks, after one that warms up."""
    took = []
    for _look in range(LOOKS + 1):
        began = time.perf_counter()
        answer = client.get(path)
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (path, answer.status_code)
    return sorted(took[1:])[LOOKS // 2]


def _rest(few: dict[str, float], many: dict[str, float]) -> Iterable[Figure]:
    for words, where in (("alerts", "incidents/alert"), ("pages", "oncall/page"), ("messages", "oncall/notification")):
        yield from _of(f"as many {words}", where, few, many)
    yield Figure("the console's first page over them", many["/admin/"], "ms")


def _of(words: str, where: str, few: dict[str, float], many: dict[str, float]) -> list[Figure]:
    """The slowest of a list's pages, and how much more the worst of them costs with ten times the rows."""
    own = [path for path in many if path.startswith(f"/admin/{where}/")]
    slowest = max(own, key=lambda path: many[path])
    name = f"changelist of {words}, the slowest of {len(own)} ({slowest.partition('?')[2] or 'plain'})"
    growth = sorted(many[path] / few[path] for path in own)[len(own) // 2]
    return [
        Figure(name, many[slowest], "ms", TARGET_MS),
        Figure(f"… {words}: 10 × the rows, the middle one", growth, "x", GROWTH),
    ]
