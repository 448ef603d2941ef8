"""P9: if the engine stops, somebody outside it hears of it, it is stood in for meanwhile, and a calm day is silent."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError

from incidentops.beat import JOBS
from incidentops.watchdog import watch
from oncall.models import JobRun
from tests.walks.conftest import World
from tests.walks.watching import TURN, Watched

HOUR = timedelta(hours=1)

BEGAN, OVER = "IncidentOps is not well: pages may come late or not at all", "IncidentOps is well again"


@pytest.fixture
def watched(world: World, settings: Any, tmp_path: Path) -> Watched:
    settings.DATA_DIR = tmp_path
    made = Watched(world)
    made.run(timedelta(seconds=10))
    return made


@contextmanager
def database_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def away(now: datetime) -> None:
        raise DatabaseError

    with monkeypatch.context() as patched:
        patched.setattr(watch, "engine_terms", away)
        patched.setattr(watch.in_turn, "run", lambda jobs, now: [])
        yield


def test_a_dead_engine_is_told_outside_within_ninety_seconds_and_its_return_too(watched: Watched) -> None:
    watched.alive = False
    watched.run(timedelta(seconds=45))  # a minute after its last sign of life, which may be ten seconds old
    assert watched.told == []
    watched.run(timedelta(seconds=25))
    assert watched.told == [BEGAN]
    watched.run(10 * TURN)
    assert watched.told == [BEGAN]
    watched.alive = True
    watched.run(timedelta(seconds=30))
    assert watched.told == [BEGAN, OVER]


def test_what_is_told_names_the_terms_in_words_and_what_to_do(watched: Watched) -> None:
    watched.alive = False
    watched.run(timedelta(seconds=70))
    text = watched.world.messages[-1].text
    assert "The job oncall.escalate last ran" in text
    assert "The watchdog pages in the engine's place" in text
    assert "manage.py up" in text


def test_the_watchdog_pages_in_a_dead_engines_place_and_nobody_twice(watched: Watched) -> None:
    watched.alive = False
    watched.world.post()
    watched.run(timedelta(seconds=45))
    assert watched.paged == ["ana"]
    watched.run(timedelta(minutes=5), turn=timedelta(seconds=20))
    assert watched.paged == ["ana", "bo"]
    watched.alive = True
    watched.run(timedelta(seconds=30))
    assert watched.paged == ["ana", "bo"]


def test_it_does_not_work_while_the_engine_does(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    swept: list[datetime] = []
    monkeypatch.setattr(watched.dog.lanes.sweep, "work", swept.append)
    watched.run(timedelta(minutes=1))
    assert swept == []
    watched.alive = False
    watched.run(timedelta(minutes=1))
    assert swept
    assert not JobRun.objects.filter(done_at__gt=watched.world.now - timedelta(seconds=50)).exists(), "no false light"


def test_with_the_database_away_the_list_in_the_file_is_told(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    boss = watched.world.company.zoe
    boss.is_superuser = True
    boss.save()
    watched.run(timedelta(seconds=90))
    with database_away(monkeypatch):
        watched.run(timedelta(seconds=80))
    assert watched.told == [BEGAN, BEGAN]
    told = {message.to for message in watched.world.messages if "The database does not answer" in message.text}
    assert told == {"fallback", "zoe"}


@pytest.mark.parametrize("step", [-HOUR, HOUR], ids=["back", "forth"])
def test_a_clock_that_is_set_is_no_alarm_while_the_engine_lives(watched: Watched, step: timedelta) -> None:
    watched.world.now += step
    watched.run(timedelta(seconds=90))
    assert watched.told == []
    assert watched.ready().status_code == 200


@pytest.mark.parametrize("step", [-HOUR, HOUR], ids=["back", "forth"])
def test_a_clock_that_is_set_hides_no_dead_engine(watched: Watched, step: timedelta) -> None:
    watched.alive = False
    watched.world.now += step
    watched.run(timedelta(seconds=80))
    assert watched.told == [BEGAN]


def test_an_alert_accepted_before_the_clock_was_set_back_pages_at_once(world: World) -> None:
    world.post()
    world.now -= HOUR
    world.tick()
    assert [message.to for message in world.pages] == ["ana"]


def test_the_heartbeat_is_called_each_minute_while_green_only(watched: Watched, settings: Any) -> None:
    settings.HEARTBEAT_URL = f"http://127.0.0.1:{watched.world.provider.port}/alive"
    watched.run(timedelta(minutes=2))
    assert watched.calls == 2
    watched.alive = False
    watched.run(timedelta(minutes=4))
    assert watched.calls <= 3


def test_a_calm_day_is_silent(watched: Watched, settings: Any) -> None:
    settings.HEARTBEAT_URL = f"http://127.0.0.1:{watched.world.provider.port}/alive"
    watched.run(timedelta(days=1), turn=timedelta(minutes=30))
    assert watched.dog.failing == []
    assert [one.path for one in watched.world.provider.requests] == ["/alive"] * 48


def test_each_failing_term_is_named_by_readyz(watched: Watched) -> None:
    watched.alive = False
    watched.run(timedelta(seconds=40))
    answer = watched.ready()
    assert answer.status_code == 503
    assert {row["term"] for row in answer.json()["failing"]} >= {job.task for job in JOBS if job.every_seconds <= 10}
