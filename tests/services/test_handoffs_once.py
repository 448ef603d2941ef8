"""Two beats, and one killed right after it fired, again and again: each person hears of each handoff once a notice."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.services.ground import Postgres
from tests.services.running import Installation, manage

pytestmark = [pytest.mark.services, pytest.mark.thorough]
WITHIN_SECONDS = 60  # a beat that starts anew on a loaded machine, and two rounds of the jobs
MINUTE = 60
CONFIG = """
schedules:
  - name: Nights
    slug: nights
    timezone: UTC
    layers:
      - {{name: night, rotation: {{unit: weekly, length: 1, start: "{start}"}}, members: [ana, bo]}}
"""


def told(running: Installation) -> Counter[str]:
    """How often each handoff's message came, by its key."""
    return Counter(one.key for one in running.messages() if one.key.startswith("handoff:"))


def test_each_is_told_once_with_two_beats_and_one_killed_after_it_fired(postgres: Postgres, tmp_path: Path) -> None:
    with postgres.installation() as running:
        at = datetime.now(UTC) + timedelta(hours=24, minutes=-5)  # its first notice is due
        file = tmp_path / "nights.yaml"
        file.write_text(CONFIG.format(start=(at - timedelta(days=14)).isoformat(timespec="seconds")))
        manage(running.environ, "config", "apply", str(file))
        clock = running.folder / "clock"
        running.start("web", "paging", "bulk", "beat", "beat2", clock=clock)
        running.await_ready()
        for notices, (minutes, victim) in enumerate([(0, "beat"), (23 * 60, "beat2"), (24 * 60, "beat")], 1):
            clock.write_text(str(minutes * MINUTE))
            running.until(lambda n=notices: len(told(running)) > 2 * (n - 1), WITHIN_SECONDS, f"notice {notices}")
            running.kill(victim)
            running.start(victim, clock=clock)
            running.until(lambda n=notices: len(told(running)) >= 2 * n, WITHIN_SECONDS, f"both heard notice {notices}")
        ran = running.jobs_done("incidents.briefings")
        running.until(lambda: running.jobs_done("incidents.briefings") != ran, WITHIN_SECONDS, "it is looked at again")
        assert set(told(running).values()) == {1}
        assert Counter(tuple(key.split(":")[2:4]) for key in told(running)) == {
            (side, minutes): 1 for side in ("outgoing", "incoming") for minutes in ("1440", "60", "0")
        }
