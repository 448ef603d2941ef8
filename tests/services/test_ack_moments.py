"""Acknowledged at any moment while a slow provider is sent to: what is not claimed by then stops, what is counts as
handed over, has begun at once, and is named to whom acknowledges."""

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import psycopg
import pytest

from tests.chaos.counting import percentile
from tests.pace import times_slower
from tests.services.ground import Postgres
from tests.services.running import Installation, message

pytestmark = pytest.mark.services
KEY = "services-suite-payments-key"  # it pages two at once
SLOW_SECONDS = 0.25
LATEST_SECONDS = 1.5
BEGUN_SECONDS = 0.1
AT_ONCE = 12  # races under way
PART = 30  # of them; the machine is looked at between two parts
_NUMBER = """
    SELECT i.number, i.id FROM incidents_alert a JOIN incidents_incident i ON i.id = a.incident_id
    WHERE a.dedup_key = %s
"""
_MESSAGES = """
    SELECT n.key, u.username, n.state, n.attempts, n.claimed_at FROM oncall_notification n
    JOIN oncall_page p ON p.id = n.page_id JOIN oncall_user u ON u.id = n.person_id
    WHERE n.kind = 'page' AND p.subject = %s
"""
_UNDER_WAY = "SELECT count(*) FROM oncall_notification WHERE kind = 'page' AND state IN ('pending', 'sending')"


@dataclass(frozen=True, slots=True)
class Race:
    """One incident and its acknowledgement; instants in seconds since 1970, by the machine's one clock."""

    subject: str
    answered_at: float
    stopped: int
    in_flight: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as the outbox has it; `claimed_at` None: never."""

    key: str
    to: str
    state: str
    attempts: int
    claimed_at: datetime | None


@pytest.fixture
def installation(postgres: Postgres) -> Iterator[Installation]:
    with postgres.installation() as running:
        running.start("web", "paging", "bulk", "beat")  # both workers send
        running.await_ready()
        running.provider.delay_seconds = SLOW_SECONDS
        yield running
        running.provider.delay_seconds = 0.0


@pytest.mark.parametrize("races", [60, pytest.param(1_000, marks=pytest.mark.thorough)])
def test_an_acknowledgement_stops_what_is_not_claimed_and_names_what_is(installation: Installation, races: int) -> None:
    choose = random.Random(4)
    moments = [choose.uniform(0, LATEST_SECONDS) for _race in range(races)]
    done, slower = [], times_slower()
    for first in range(0, races, PART):
        with ThreadPoolExecutor(AT_ONCE) as people:
            part = range(first, min(first + PART, races))
            done += people.map(lambda number: raced(installation, number, moments[number]), part)
        slower = max(slower, times_slower())
    with psycopg.connect(installation.environ["DATABASE_URL"], autocommit=True) as connection:
        installation.until(lambda: connection.execute(_UNDER_WAY).fetchone() == (0,), 20, "nothing is under way")
        rows = {race.subject: [Sent(*row) for row in connection.execute(_MESSAGES, [race.subject])] for race in done}
    arrived = {message(request).key: request.at for request in installation.provider.requests}
    times = Counter(message(request).key for request in installation.provider.requests)

    begun = [begin for race in done for begin in judged(race, rows[race.subject], arrived)]
    assert max(times.values()) == 1, "nothing is sent twice"
    named = sum(len(race.in_flight) for race in done)
    stopped = sum(race.stopped for race in done)
    p50, late = percentile(begun, 50), percentile(begun, 95)
    sys.stdout.write(
        f"{races} races: {len(begun)} sent, {stopped} stopped, {named} named in flight; claim to provider p50"
        f" {p50 * 1000:.0f} ms, p95 {late * 1000:.0f} ms, max {max(begun) * 1000:.0f} ms, {slower:.1f} × slower\n"
    )
    assert stopped and named, "the moments hit both"
    assert late <= BEGUN_SECONDS * slower


def raced(running: Installation, number: int, moment: float) -> Race:
    """An alert, and some moment later somebody has it."""
    key = f"moment {number}"
    running.send(KEY, dedup_key=key)
    time.sleep(moment)
    found: list[tuple[str, int]] = []
    with psycopg.connect(running.environ["DATABASE_URL"], autocommit=True) as connection:
        running.until(lambda: found.extend(connection.execute(_NUMBER, [key])) or found, 30, "there is an incident")
    [(name, pk)] = found
    said = running.api(f"incidents/{name}/acknowledge/", "POST")
    return Race(f"incident:{pk}", time.time(), said["messages_stopped"], tuple(said["in_flight"]))


def judged(race: Race, rows: Sequence[Sent], arrived: dict[str, float]) -> Iterator[float]:
    """Seconds from each claim to the provider, of a race whose messages went the right way."""
    assert {row.state for row in rows} <= {"sent", "cancelled"}, (race, rows)
    sent = [row for row in rows if row.state == "sent"]
    assert {row.key for row in sent} == {row.key for row in rows if row.key in arrived}, (race, rows)
    assert set(race.in_flight) <= {row.to for row in sent}, (race, rows)
    assert race.stopped == sum(row.state == "cancelled" for row in rows), (race, rows)
    for row in sent:
        assert row.attempts == 1 and row.claimed_at is not None
        assert row.claimed_at.timestamp() < race.answered_at, ("claimed after the acknowledgement", race, row)
        if arrived[row.key] > race.answered_at:
            assert row.to in race.in_flight, ("nobody said that it was on its way", race, row)
        yield arrived[row.key] - row.claimed_at.timestamp()
