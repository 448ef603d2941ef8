"""The action board over years of rows, at a tenth of the action items and at all of them."""

from datetime import timedelta
from itertools import cycle

from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from incidents.models import Service
from oncall.models import User
from postmortems.models import ActionItem, Postmortem
from tests.bench.backlog import Company
from tests.bench.figures import Figure
from tests.bench.lists import took_ms
from tests.bench.run import Run

TARGET_MS, GROWTH = 200, 3.0
OWNERS, POSTMORTEMS = 2_000, 2_000
BOARD = "/admin/postmortems/actionitem/board/"
WAYS = ("", "?owner=me", "?team=platform", "?priority=P1", "?owner=Person+7")


def figures(run: Run) -> list[Figure]:
    settings.ALLOWED_HOSTS = ["testserver"]
    Company.found()
    zoe = User.objects.get(username="zoe")
    zoe.groups.set(Group.objects.exclude(name="Security"))  # whoever sees everything has the cheaper page
    client = Client()
    client.force_login(zoe)
    many = run.count(20_000)
    owners, about = _around()
    _actions(0, many // 10, owners, about)
    few = {way: took_ms(client, BOARD + way) for way in WAYS}
    _actions(many // 10, many, owners, about)
    all_ = {way: took_ms(client, BOARD + way) for way in WAYS}
    assert ActionItem.objects.unfinished().count() == many
    slowest = max(WAYS, key=lambda way: all_[way])
    words = f"action board of {many:,} open action items"
    return [
        Figure(f"{words}, the slowest of {len(WAYS)} ({slowest or 'plain'})", all_[slowest], "ms", TARGET_MS),
        Figure("… 10 × the action items, the plain board", all_[""] / few[""], "x", GROWTH),
        Figure(
            f"completion page of {many:,} open and as many done",
            took_ms(client, "/admin/postmortems/actionitem/figures/"),
            "ms",
        ),
    ]


def _around() -> tuple[list[User], list[Postmortem]]:
    people = [
        User(username=f"p{number}", name=f"Person {number}", email=f"p{number}@example.org", password="!")
        for number in range(OWNERS)
    ]
    User.objects.bulk_create(people, batch_size=500)
    services, now = cycle(Service.objects.all()), timezone.now()
    rows = [
        Postmortem(number=f"PM-{number}", title=f"What happened {number}", created_at=now, service=next(services))
        for number in range(POSTMORTEMS)
    ]
    Postmortem.objects.bulk_create(rows, batch_size=500)
    return list(User.objects.filter(username__startswith="p")), list(Postmortem.objects.all())


def _actions(first: int, beyond: int, owners: list[User], about: list[Postmortem]) -> None:
    """For each open one a finished one, from one day to a year old."""
    now, rows = timezone.now(), []
    for number in range(first, beyond):
        added = now - timedelta(days=1 + number % 365)
        for status in (ActionItem.UNFINISHED[number % 3], ("done", "wont_do")[number % 7 == 0]):
            finished = None if status in ActionItem.UNFINISHED else min(added + timedelta(days=number % 40), now)
            rows.append(
                ActionItem(
                    postmortem=about[number % len(about)],
                    description=f"Do the thing number {number}, so that it does not happen again",
                    owner=owners[number % len(owners)],
                    priority=f"P{1 + number % 4}",
                    due_on=(added + timedelta(days=60)).date(),
                    status=status,
                    created_at=added,
                    finished_at=finished,
                )
            )
    ActionItem.objects.bulk_create(rows, batch_size=1_000)
