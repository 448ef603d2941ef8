"""The broker forgets everything, the worker is killed: accepted alerts still page."""

from collections import Counter

import pytest
import redis

from oncall.engine.loop.lanes import PER_LANE
from tests.services.ground import Postgres
from tests.services.running import Installation

pytestmark = pytest.mark.services
KEY = "services-suite-orders-key"


def answered(running: Installation, incidents: int) -> bool:
    """Whether everyone was paged: each incident's message arrived at the provider at least once."""
    return len({page.key for page in running.pages()}) == incidents


def test_a_broker_that_forgets_everything_loses_no_page(postgres: Postgres) -> None:
    with postgres.installation() as running:
        running.start("web", "paging", "bulk", "beat")
        running.await_ready()
        broker = redis.Redis.from_url(running.environ["REDIS_URL"])
        for number in range(40):
            running.send(KEY, dedup_key=f"problem {number}")
            if number % 5 == 4:
                broker.flushdb()
        running.until(lambda: answered(running, 40), 30, "all forty incidents are paged")
        assert len(running.pages()) == 40


def test_a_killed_worker_loses_nothing(postgres: Postgres) -> None:
    """What was under way is sent again once its lease of a minute is over, under the same idempotency key."""
    with postgres.installation() as running:
        running.start("web", "paging", "bulk", "beat")
        running.await_ready()
        running.provider.delay_seconds = 0.3
        try:
            for number in range(30):
                running.send(KEY, dedup_key=f"problem {number}")
            running.until(lambda: len(running.pages()) >= 3, 20, "the worker is busy sending")
            running.kill("paging")
            arrived = len(running.pages())
            assert arrived < 30, "the worker was killed too late to show anything"
            running.start("paging")
            running.until(lambda: answered(running, 30), 100, "all thirty incidents are paged")
        finally:
            running.provider.delay_seconds = 0.0

        running.until(
            lambda: {row["state"] for row in running.all("notifications/?kind=page")} == {"sent"}, 90, "all are sent"
        )
        again = [key for key, times in Counter(page.key for page in running.pages()).items() if times > 1]
        # At most what the killed worker had under way for this provider.
        assert len(again) <= PER_LANE
        attempts = Counter(row["attempts"] for row in running.all("notifications/?kind=page"))
        assert set(attempts) <= {1, 2}
        assert attempts[2] <= PER_LANE
