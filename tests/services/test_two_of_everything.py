"""Two workers and two beats at once: nothing is done twice."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.services.ground import Postgres

pytestmark = pytest.mark.services
KEY = "services-suite-orders-key"
CHECKOUT = "services-suite-checkout-key"
ALERTS, PROBLEMS = 200, 20


def test_two_workers_and_two_beats_page_each_incident_once(postgres: Postgres) -> None:
    with postgres.installation() as running:
        running.start("web", "paging", "paging2", "bulk", "bulk2", "beat", "beat2")
        running.await_ready()

        with ThreadPoolExecutor(8) as senders:
            list(senders.map(lambda n: running.send(KEY, dedup_key=f"problem {n % PROBLEMS}"), range(ALERTS)))
        counted = "sum(row['count'] for row in alerts) == 200"
        running.until(lambda: sum(row["count"] for row in running.all("alerts/?service=orders")) == ALERTS, 30, counted)
        running.until(lambda: len(running.pages()) >= PROBLEMS, 30, "a page for each incident")
        # What a second engine would send twice, it would send at its next tick.
        alerts, beats = running.all("alerts/?service=orders"), running.jobs_done("oncall.dispatch")
        running.until(lambda: running.jobs_done("oncall.dispatch") > beats, 30, "the jobs ran again")

        assert Counter(row["count"] for row in alerts) == {ALERTS // PROBLEMS: PROBLEMS}
        assert len({row["incident"] for row in alerts}) == PROBLEMS
        keys = [page.key for page in running.pages()]
        assert len(keys) == PROBLEMS
        assert len(set(keys)) == PROBLEMS
        sent = running.all("notifications/?kind=page")
        assert Counter(row["incident"] for row in sent) == dict.fromkeys((row["incident"] for row in alerts), 1)
        assert all((row["state"], row["attempts"]) == ("sent", 1) for row in sent)
        assert running.complaints() == []


def test_while_the_worker_of_paging_is_away_the_other_one_pages(postgres: Postgres) -> None:
    with postgres.installation() as running:
        running.start("web", "bulk", "beat")
        running.await_ready()
        running.send(CHECKOUT, dedup_key="nobody but bulk")
        running.until(lambda: running.pages("ana"), 20, "ana is paged")
        assert running.complaints() == []
