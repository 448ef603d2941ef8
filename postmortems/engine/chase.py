"""Chases action items: one digest a day for each owner, one a week for each manager, at nine where they live."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Final

from django.contrib.auth.models import Group
from django.db.models import QuerySet

from oncall import bulk, outbox
from oncall.engine.loop import sweep
from oncall.models import Team, User
from postmortems.answering import GROUP, Managers
from postmortems.engine import daily, moves, weekly
from postmortems.logic import due
from postmortems.models import ActionItem, DigestClock

BATCH: Final = 500


def run(now: datetime) -> int:
    """Send the digests of whoever's nine o'clock has come, and tell of dates that moved twice. How many rows."""
    _begin(now)
    managers = cache(Managers)  # read when somebody's hour has come, once for all of them
    done = sweep(_due("daily_at", now), partial(_strike, "daily_at", managers), now, BATCH)
    done += sweep(_due("weekly_at", now), partial(_strike, "weekly_at", managers), now, BATCH)
    return done + moves.run(now)


def _begin(now: datetime) -> None:
    """Whoever owns an unfinished action, or is a manager, has a clock from now on: it first strikes at the next nine
    o'clock where they live."""
    owners = ActionItem.objects.unfinished().filter(owner__isnull=False, owner__digest_clock=None)
    managers = Team.objects.filter(manager__isnull=False, manager__digest_clock=None)
    group = Group.objects.filter(name=GROUP, user__isnull=False, user__digest_clock=None)
    new = dict(owners.values_list("owner", "owner__timezone").distinct())
    new |= dict(managers.values_list("manager", "manager__timezone").distinct())
    new |= dict(group.values_list("user", "user__timezone"))
    clocks = [
        DigestClock(
            person_id=pk,
            daily_at=due.next_digest_at(now, zone),
            weekly_at=due.next_weekly_digest_at(now, zone),
        )
        for pk, zone in sorted(new.items())
    ]
    DigestClock.objects.bulk_create(clocks, ignore_conflicts=True)


def _due(clock: str, now: datetime) -> QuerySet[DigestClock]:
    return DigestClock.objects.filter(**{f"{clock}__lte": now}).order_by(clock, "pk")


def _strike(clock: str, managers: Callable[[], Managers], rows: Sequence[DigestClock], now: datetime) -> None:
    """Post what these people are told, mark it as said, wind their clocks: all of it or nothing. Their clocks' locks
    make it once, and the marks' key forbids a second time whatever becomes of the clocks."""
    people = User.objects.filter(pk__in=[row.person_id for row in rows]).order_by("pk")
    zones = dict(people.values_list("pk", "timezone"))
    outbox.post((daily if clock == "daily_at" else weekly).messages(zones, managers(), now), now)
    following = due.next_digest_at if clock == "daily_at" else due.next_weekly_digest_at
    at = {zone: following(now, zone) for zone in set(zones.values())}
    bulk.update(DigestClock, ["id"], [clock], [(row.pk, at[zones[row.person_id]]) for row in rows])
