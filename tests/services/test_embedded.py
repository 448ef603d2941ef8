"""What a newcomer gets: a SQLite file and a folder as the broker, no service at all."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.services.ground import Ground, embedded
from tests.services.running import press

pytestmark = pytest.mark.services
KEY = "services-suite-orders-key"


def test_the_embedded_default_pages_and_is_answered(ground: Ground) -> None:
    with embedded(ground) as running:
        running.start("web", "paging", "bulk", "beat")
        running.await_ready()

        running.send(KEY, dedup_key="first")
        running.until(lambda: running.pages("ana"), 10, "ana is paged")
        assert press(running.pages("ana")[0].link, "ack").status_code == 303
        assert running.all("incidents/?dedup_key=first")[0]["acknowledged_by"] == "ana"

        # Web, two workers and beat write into one file while senders queue up.
        with ThreadPoolExecutor(4) as senders:
            list(senders.map(lambda n: running.send(KEY, dedup_key=f"problem {n % 10}"), range(60)))
        running.until(lambda: len(running.pages()) == 11, 30, "each incident is paged")
        keys = [page.key for page in running.pages()]
        assert len(set(keys)) == len(keys)

        running.send(KEY, dedup_key="first", action="resolve")
        running.until(lambda: running.all("incidents/?dedup_key=first")[0]["state"] == "resolved", 10, "it is resolved")
        assert running.complaints() == []
