"""Each fault by itself while alerts come in: what was accepted is paged, what was refused was told so, nothing rings
twice without a reason, and every repeat has the same key and says so. The long run of all of them is tests/chaos."""

import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from tests.chaos import counting, servers
from tests.chaos.__main__ import COMPANY, KEY
from tests.chaos.faults import KINDS, Happened, Place
from tests.chaos.provider import Provider, serving
from tests.chaos.report import HONEST
from tests.chaos.sender import Sender
from tests.chaos.supervised import supervised
from tests.oncall.provider import Provider as Listener
from tests.services.ground import Ground

pytestmark = [pytest.mark.services, pytest.mark.thorough]
RATE, SECONDS = 8.0, 6.0
WITHIN_SECONDS = 40.0  # a program that starts anew on a loaded machine, and what waited for it
APART = 1_000  # numbers between the problems of two tests
BY_NAME = {fault.name: fault for fault in KINDS}


@dataclass
class Field:
    """An installation of its own, with a PostgreSQL and a Redis of its own, to be broken again and again."""

    place: Place
    database: str
    tests: int = 0
    happened: list[Happened] = field(default_factory=list)

    @property
    def provider(self) -> Provider:
        return self.place.provider

    def alerts_during(self, name: str) -> tuple[Sender, counting.Count]:
        """Alerts at a steady rate, a fault in their midst; returns when all they owe has come."""
        self.tests += 1
        self.provider.log.clear()
        url = f"{self.place.up.url}/api/v1/ingest/generic/{KEY}/"
        sender = Sender(url, RATE, random.Random(4), self.tests * APART)
        sending = threading.Thread(target=sender.run, args=(SECONDS,))
        sending.start()
        time.sleep(SECONDS / 3)
        began = time.monotonic()
        fault = BY_NAME[name]
        fault.do(self.place, random.Random(4))
        self.happened.append(Happened(name, began, time.monotonic(), fault.excuses))
        sending.join(WITHIN_SECONDS)
        sender.over.set()
        end = time.monotonic() + WITHIN_SECONDS
        while counting.outstanding(sender.problems, list(self.provider.log), 1) and time.monotonic() < end:
            time.sleep(0.2)
        came = counting.about(sender.problems, list(self.provider.log))  # not the second steps of earlier tests
        return sender, counting.count(sender.problems, came, self.happened, 0.0, 1)

    def said_again(self) -> int:
        """Lines of timelines that tell of a message sent once more."""
        with psycopg.connect(self.database) as connection:
            row = connection.execute(
                "SELECT count(*) FROM incidents_timelineentry WHERE kind = 'sent' AND text LIKE '%sent again%'"
            ).fetchone()
        return int(row[0]) if row else 0


@pytest.fixture(scope="module")
def broken() -> Iterator[Field]:
    with tempfile.TemporaryDirectory() as below:
        folder = Path(below)
        folder.chmod(0o711)  # the user postgres passes through
        with servers.running(folder) as (postgres, broker), serving() as provider:
            with psycopg.connect(f"{postgres.server}/postgres", autocommit=True) as connection:
                connection.execute("CREATE DATABASE incidentops")
            ground = Ground(folder, Listener(provider.port))
            database = f"{postgres.server}/incidentops"
            environ = ground.environment(DATABASE_URL=database, REDIS_URL=broker.url, DATA_DIR=str(folder))
            ground.fill(environ, COMPANY)
            with supervised(environ, folder) as up:
                yield Field(Place(up, postgres, broker, provider), database)


@pytest.mark.parametrize(
    "name",
    [
        *("Redis flushed", "Redis frozen", "Redis restarted", "PostgreSQL crashed", "connections cut"),
        *("paging killed", "beat killed", "web's child killed", "provider hangs", "provider breaks"),
        *("provider fails", "provider busy"),
    ],
)
def test_what_was_accepted_is_paged_once_and_the_rest_was_refused_honestly(broken: Field, name: str) -> None:
    before = broken.said_again()
    sender, counted = broken.alerts_during(name)
    assert (counted.lost, counted.doubled) == ([], [])
    assert counted.expected > RATE * SECONDS / 2
    assert set(sender.answers) <= HONEST
    assert sender.accepted == sender.sent
    rang = Counter(arrival.key for arrival in broken.provider.log if arrival.taken)
    again = sum(times > 1 for times in rang.values())
    servers.until(lambda: broken.said_again() - before >= again, WITHIN_SECONDS, "every repeat says that it is one")
