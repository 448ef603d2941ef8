"""What the same work costs over ten times as many stored rows: a drain, a sweep, an answer on the phone page."""

from datetime import timedelta
from functools import partial
from statistics import median

from django.conf import settings
from django.test import Client
from django.utils import timezone

from oncall import keys
from oncall.engine import escalate
from oncall.models import Page, User
from tests.bench.backlog import Company, emptied
from tests.bench.figures import Figure
from tests.bench.run import Run
from tests.bench.stock import Stock, policy_version
from tests.bench.sweeping import emptied as swept
from tests.bench.sweeping import seconds

GROWTH = 1.3
TURNS = 5
ANSWERS = 20


def figures(run: Run) -> list[Figure]:
    settings.ALLOWED_HOSTS = ["testserver"]
    company = Company.found()
    stock = Stock.of(company.senders, User.objects.get(username="ana").pk, policy_version(), timezone.now())
    work = _Work(run, company, stock)
    many = run.count(500_000)
    work.measured()  # warms up
    few = _stored(stock, work, 1, many // 10)
    all_ = _stored(stock, work, many // 10 + 1, many)
    words = {"drain": "drain, new keys", "sweep": "sweep", "answer": "acknowledged on the phone page"}
    made = []
    for name, said in words.items():
        made += [
            Figure(f"{said}: {many:,} stored incidents instead of {many // 10:,}", all_[name] / few[name], "x", GROWTH)
        ]
    return made


def _stored(stock: Stock, work: "_Work", first: int, last: int) -> dict[str, float]:
    """Years of incidents, as many pages that wait for their next step, and a quarter as many rows done in the inbox."""
    stock.years(first, last)
    stock.waiting(first, last, timezone.now() + timedelta(days=1), seconds_apart=0.01)
    stock.received(first, first + (last - first) // 4)
    turns = [work.measured() for _turn in range(TURNS)]
    return {name: median(turn[name] for turn in turns) for name in turns[0]}


class _Work:
    """The same work each time, over whatever is there."""

    def __init__(self, run: Run, company: Company, stock: Stock) -> None:
        self.company, self.stock = company, stock
        self.rows, self.turn = run.count(4_000), 0

    def measured(self) -> dict[str, float]:
        self.turn += 1
        rows, turn = self.rows, self.turn
        events = self.company.fill(rows, 1, lambda n: f"grown {turn} {n}")
        drained = events / emptied(events)
        escalate.run(timezone.now())  # the pages that this opened
        first = 10_000_000 + turn * rows
        self.stock.burning(first, first + rows - 1, timezone.now() - timedelta(minutes=1))
        took = seconds(lambda: swept(rows))
        return {"drain": drained, "sweep": took, "answer": self._answered()}

    def _answered(self) -> float:
        """Each of some new incidents; the middle one."""
        self.company.grouping(0)
        emptied(self.company.fill(ANSWERS, 1, lambda n: f"answered {self.turn} {n}"))
        self.company.grouping(5)
        escalate.run(timezone.now())
        client, took = Client(), []
        for page in Page.objects.filter(state=Page.State.OPEN).order_by("-pk")[:ANSWERS]:
            link = keys.page_link(page.pk, None, timezone.now())
            took.append(seconds(partial(_pressed, client, link[link.index("/p/") :])))
        return median(took)


def _pressed(client: Client, path: str) -> None:
    answer = client.post(path, {"act": "ack"})
    assert answer.status_code in (200, 302, 303), answer.status_code
