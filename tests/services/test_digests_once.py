"""Two beats, one killed right after it fired, and a clock set back an hour: each digest reaches its reader once."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from tests.services.ground import Postgres
from tests.services.running import Installation, manage

pytestmark = [pytest.mark.services, pytest.mark.thorough]
WITHIN_SECONDS = 90  # a beat that starts anew on a loaded machine, and a round of the job
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DOCUMENT = """
postmortem:
  title: "[SEV-1] Checkout outage"
  date: 2026-02-15
  action_items:
    - {{description: Add the index, owner: ana, priority: P3, due_date: {due}}}
    - {{description: Alert on the pool, owner: bo, priority: P3, due_date: {due}}}
"""


def told(running: Installation) -> Counter[tuple[str, ...]]:
    """How often each digest came, by its kind, day or week, and reader."""
    keys = (one.key.split(":") for one in running.messages() if one.key.startswith("digest:"))
    return Counter(tuple(key[1:4]) for key in keys)


def days(running: Installation) -> Counter[str]:
    """On which days owners were told, and how many of them."""
    return Counter(period for kind, period, _person in told(running) if kind == "actions")


def test_each_is_read_once_with_two_beats_one_killed_and_a_clock_set_back(postgres: Postgres, tmp_path: Path) -> None:
    with postgres.installation() as running:
        began = datetime.now(UTC)
        due_on: date = began.date() + 2 * DAY
        nine = datetime.combine(due_on, time(9, 0, 30), UTC)
        file = tmp_path / "outage.yaml"
        file.write_text(DOCUMENT.format(due=due_on))
        manage(running.environ, "postmortem", "import", str(file))
        clock = running.folder / "clock"

        def at(instant: datetime) -> None:
            clock.write_text(str(int((instant - began).total_seconds())))

        running.start("web", "paging", "bulk", "beat", "beat2", clock=clock)
        running.await_ready()
        running.until(lambda: running.jobs_done("postmortems.chase") != "None", WITHIN_SECONDS, "everybody has a clock")
        for told_on, victim in ((due_on, "beat"), (due_on + 7 * DAY, "beat2")):
            morning = nine + (told_on - due_on)
            at(morning)
            running.until(lambda day=told_on: days(running)[f"{day}"], WITHIN_SECONDS, f"digests of {told_on}")
            running.kill(victim)
            running.start(victim, clock=clock)
            running.until(lambda day=told_on: days(running)[f"{day}"] == 2, WITHIN_SECONDS, f"both heard on {told_on}")
            for moved in (-HOUR, timedelta(minutes=10)):
                ran = running.jobs_done("postmortems.chase")
                at(morning + moved)
                running.until(
                    lambda before=ran: running.jobs_done("postmortems.chase") != before, WITHIN_SECONDS, "one more look"
                )
        assert set(told(running).values()) == {1}
        assert days(running)[f"{due_on}"] == days(running)[f"{due_on + 7 * DAY}"] == 2
        assert "actions_manager" in {kind for kind, _period, _person in told(running)}
