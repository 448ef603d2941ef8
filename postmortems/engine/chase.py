"""Chases action items: one digest a day for each owner, one a week for each manager, at nine where they live."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Final

from django.db.models import F, QuerySet

from oncall import bulk, outbox
from oncall.engine.loop import sweep
from oncall.models import User
from postmortems.answering import Managers, candidates
from postmortems.engine import daily, moves, weekly
from postmortems.logic import due
from postmortems.models import ActionItem, DigestClock

BATCH: Final = 500


def run(now: datetime) -> int:
    """Send the digests of whoever's nine o'clock has come, and tell of dates that moved twice. How many rows."""
    begin(now)
    _follow(now)
    managers = cache(Managers)  # read when somebody's hour has come, once for all of them
    done = sweep(_due("daily_at", now), partial(_strike, "daily_at", managers), now, BATCH)
    done += sweep(_due("weekly_at", now), partial(_strike, "weekly_at", managers), now, BATCH)
    return done + moves.run(now)


def begin(now: datetime) -> None:
    """Whoever owns an unfinished action, or may come to answer for some, has a clock from now on: it first strikes at
    the next nine o'clock where they live."""
    owners = ActionItem.objects.unfinished().filter(owner__isnull=False, owner__digest_clock=None)
    new = dict(owners.values_list("owner", "owner__timezone").distinct())
    new |= dict(candidates().filter(digest_clock=None).values_list("pk", "timezone"))
    clocks = [
        DigestClock(
            person_id=pk,
            daily_at=due.next_digest_at(now, zone),
            weekly_at=due.next_weekly_digest_at(now, zone),
            zone=zone,
        )
        for pk, zone in sorted(new.items())
    ]
    DigestClock.objects.bulk_create(clocks, ignore_conflicts=True)


def _follow(now: datetime) -> None:
    """Whoever's zone is another since their clock was set: it strikes at nine where they are now, and at once for a
    morning that the change skipped. A clock that is to strike now does so first."""
    clocks = DigestClock.objects.exclude(zone=F("person__timezone")).annotate(here=F("person__timezone"))
    for clock in clocks.order_by("pk"):
        was, here = clock.zone or clock.here, clock.here
        daily_at, weekly_at = clock.daily_at, clock.weekly_at
        if daily_at > now:
            skipped = due.digest_day(now, here) > due.digest_day(now, was)
            daily_at = now if skipped else due.next_digest_at(now, here)
        if weekly_at > now:
            skipped = due.weekly_digest_day(now, here) > due.weekly_digest_day(now, was)
            weekly_at = now if skipped else due.next_weekly_digest_at(now, here)
        same = DigestClock.objects.filter(pk=clock.pk, daily_at=clock.daily_at, weekly_at=clock.weekly_at)
        same.update(zone=here, daily_at=daily_at, weekly_at=weekly_at)


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
