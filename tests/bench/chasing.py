"""The chase's worst hour: everybody's digest on one morning, a Monday, each owner with ten unfinished actions."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg
from django.db import connection

from incidents.models import Service
from oncall.models import ContactMethod, Notification, NotificationRule, Team, User
from postmortems.engine import chase
from postmortems.models import ActionItem, DigestClock, Postmortem
from tests.bench.figures import Figure
from tests.bench.run import Run

OWNERS, EACH, TEAMS, POSTMORTEMS = 2_000, 10, 100, 2_000
TARGET_SECONDS, SHARE = 10.0, 20.0
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday, all at nine at once
DAY = timedelta(days=1)
PRIORITIES = ("P1", "P2", "P3", "P4")
WORDS = "Add an index for the query behind the order lookup, and a test that fails without it. " * 3

# What any way of doing it has to do at least, by the database alone: read what is owed with all that is said of it,
# write the same messages, mark what was said, wind the clocks.
_READ = """
    SELECT a.id, left(a.description, 320), u.name, u.username, a.priority, a.due_on, a.chased_from, a.reminded_on,
        p.number, i.private, s.team_id
    FROM postmortems_actionitem a JOIN oncall_user u ON u.id = a.owner_id
    JOIN postmortems_postmortem p ON p.id = a.postmortem_id LEFT JOIN incidents_incident i ON i.id = p.incident_id
    JOIN incidents_service s ON s.id = p.service_id
    WHERE a.status IN ('open', 'in_progress', 'blocked') ORDER BY a.due_on
"""
_WRITE = (
    "CREATE TEMPORARY TABLE twin (LIKE oncall_notification INCLUDING ALL)",
    "INSERT INTO twin SELECT * FROM oncall_notification",
    "UPDATE postmortems_actionitem SET reminded_on = reminded_on + 1 WHERE reminded_on IS NOT NULL",
    "UPDATE postmortems_digestclock SET daily_at = daily_at + interval '1 day'",
    "UPDATE postmortems_digestclock SET weekly_at = weekly_at + interval '7 days'",
)


def figures(run: Run) -> list[Figure]:
    owners = run.count(OWNERS)
    items = _company(owners)
    chase.run(NINE - 2 * DAY)  # everybody gets a clock
    assert DigestClock.objects.count() >= owners
    _settled()
    took = _seconds(lambda: chase.run(NINE))
    rows = Notification.objects.filter(kind="digest")
    daily = rows.filter(key__startswith="digest:actions:").count()
    weekly = rows.filter(key__startswith="digest:actions_manager:").count()
    assert (daily, weekly) == (owners, _teams(owners)), (daily, weekly)
    again = _seconds(lambda: chase.run(NINE + timedelta(minutes=1)))
    assert rows.count() == Notification.objects.count()
    plain = _plainly(run.limits.url)
    said = f"digests of {items:,} action items, {owners:,} owners and {weekly} managers, one run"
    return [
        Figure(said, took, "s", TARGET_SECONDS, plain, "the same rows by plain SQL", SHARE),
        Figure("… a minute later, with nothing due", again * 1000, "ms", 100),
    ]


def _teams(owners: int) -> int:
    return max(owners * TEAMS // OWNERS, 1)


def _company(owners: int) -> int:
    """Owners, their contact methods and rules, teams with managers, postmortems, actions due from twenty days ago to
    ten days ahead; how many actions."""
    people = User.objects.bulk_create(
        User(username=f"o{n}", name=f"Owner {n}", email=f"o{n}@example.org", timezone="UTC", password="!")
        for n in range(owners + _teams(owners))
    )
    methods = ContactMethod.objects.bulk_create(
        ContactMethod(user=person, slug="mail", kind="email", address=person.email, verified_at=NINE)
        for person in people
    )
    NotificationRule.objects.bulk_create(
        NotificationRule(user=method.user, contact_method=method, urgency=urgency)
        for method in methods
        for urgency in ("high", "low")
    )
    teams = Team.objects.bulk_create(
        Team(name=f"Team {n}", slug=f"team-{n}", manager=manager) for n, manager in enumerate(people[owners:])
    )
    services = Service.objects.bulk_create(
        Service(name=f"Service {team.pk}", slug=f"service-{team.pk}", team=team) for team in teams
    )
    made = Postmortem.objects.bulk_create(
        [
            Postmortem(
                number=f"PM-2025-{n:04}",
                title=f"[SEV-1] Checkout outage {n}",
                service=services[n % len(services)],
                state=Postmortem.State.PUBLISHED,
                root_cause="A long text. " * 200,
                created_at=NINE - 90 * DAY,
            )
            for n in range(POSTMORTEMS)
        ],
        batch_size=500,
    )
    actions = [
        ActionItem(
            postmortem=made[(n * 7) % len(made)],
            description=f"{n}: {WORDS}",
            owner=people[n % owners],
            priority=PRIORITIES[n % 4],
            due_on=(NINE + (n // owners * 3 - 20 + n % 3) * DAY).date(),
            chased_from=(NINE - 60 * DAY).date(),
            created_at=NINE - 60 * DAY,
        )
        for n in range(owners * EACH)
    ]
    ActionItem.objects.bulk_create(actions, batch_size=2_000)
    return len(actions)


def _settled() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # what autovacuum does in its time


def _plainly(url: str) -> float:
    """Seconds for the same rows read and written without any of our code."""
    with psycopg.connect(url) as own:

        def act() -> None:
            own.execute(_READ).fetchall()
            for statement in _WRITE:
                own.execute(statement)
            own.commit()

        return _seconds(act)


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
