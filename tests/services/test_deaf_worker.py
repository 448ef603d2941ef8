"""A worker whose connection was closed under it, and that would hear nothing for ever, pages within seconds."""

import signal

import pytest

from tests.services.ground import Postgres
from tests.services.running import Installation

pytestmark = pytest.mark.services
KEY = "services-suite-checkout-key"


def test_a_worker_that_hears_nothing_connects_anew(postgres: Postgres, shared: Installation) -> None:
    """Beside another installation, whose workers must not empty the queue that fills here."""
    assert shared.programs
    with postgres.installation() as running:
        running.start("web", "beat")  # the worker of slow jobs would page in its place
        running.start("paging", through=["tests.services.deafened"])
        running.await_ready()
        running.programs["paging"].send_signal(signal.SIGUSR1)
        running.send(KEY, dedup_key="nobody hears")
        running.until(lambda: running.pages("ana"), 60, "ana is paged all the same")
        assert running.programs["paging"].poll() is None, "by the same process"
        assert "worker_hears_nothing" in running.log("paging").read_text()
