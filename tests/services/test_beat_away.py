"""The beat is killed and stays away for ten minutes of the engine's time: late is not lost, and comes in order."""

import time

import pytest

from tests.services.ground import Postgres

pytestmark = [pytest.mark.services, pytest.mark.thorough]
KEY = "services-suite-checkout-key"  # three steps, a minute apart
AWAY_SECONDS = 600
START_SECONDS = 30  # what a beat needs to start on a loaded machine


def test_after_ten_minutes_without_a_beat_steps_come_one_per_delay(postgres: Postgres) -> None:
    with postgres.installation() as running:
        clock = running.folder / "clock"
        running.start("web", "paging", "bulk", "beat", clock=clock)
        running.await_ready()
        running.send(KEY, dedup_key="nobody answers")
        running.until(lambda: running.pages("ana"), 20, "ana is paged")

        running.kill("beat")
        clock.write_text(str(AWAY_SECONDS))
        time.sleep(2)
        assert not running.pages("bo"), "nothing runs without a beat or a nudge"

        ran = running.jobs_done("oncall.escalate")
        running.start("beat", clock=clock)
        running.until(lambda: running.jobs_done("oncall.escalate") != ran, START_SECONDS, "the beat is back")
        running.until(lambda: running.pages("bo"), 10, "the first late page leaves within ten seconds")
        sent = time.monotonic()
        assert not running.pages("cy"), "one step, however late it is"

        ran = running.jobs_done("oncall.escalate")
        clock.write_text(str(AWAY_SECONDS + 45))
        running.until(lambda: running.jobs_done("oncall.escalate") != ran, START_SECONDS, "it goes on")
        assert not running.pages("cy") or time.monotonic() - sent >= 15, "no step is early"
        clock.write_text(str(AWAY_SECONDS + 62))
        running.until(lambda: running.pages("cy"), 15, "the next step comes a delay after the late one")
        assert time.monotonic() - sent < 60, "nothing here waited for the real clock"
        assert [page.to for page in running.pages()] == ["ana", "bo", "cy"]
        assert len({page.key for page in running.pages()}) == 3
