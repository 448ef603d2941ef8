"""P9: an alert of the watchdog's own goes the whole way each quarter of an hour, and is missed where it does not."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from incidents import intake
from incidents.adapters.signal import Action, Signal
from incidents.models import (
    Alert,
    InboxItem,
    Incident,
    Integration,
    Maintenance,
    Service,
    Severity,
    Silence,
    TimelineEntry,
)
from oncall.models import CanaryRun, Notification, Page, StepRun
from tests.walks.conftest import World
from tests.walks.watching import TURN, Watched

BEGAN, OVER = "IncidentOps is not well: pages may come late or not at all", "IncidentOps is well again"
MINUTE = timedelta(minutes=1)
PAGER = ("incidents.intake", "oncall.escalate", "oncall.dispatch")


@pytest.fixture
def watched(world: World, settings: Any, tmp_path: Path) -> Watched:
    settings.DATA_DIR = tmp_path
    return Watched(world, PAGER)


def calm(watched: Watched) -> None:
    """One canary came through, and the next is due with the next turn."""
    watched.run(TURN)
    watched.run(timedelta(minutes=14, seconds=50), turn=timedelta(minutes=7, seconds=25))


def left() -> dict[str, int]:
    """Rows that a canary leaves on its way."""
    every: dict[str, Any] = {
        "inbox": InboxItem.every,
        "alerts": Alert.every,
        "incidents": Incident.every,
        "timeline": TimelineEntry.objects,
        "pages": Page.every,
        "runs": StepRun.objects,
        "messages": Notification.every,
    }
    return {name: rows.count() for name, rows in every.items()}


def test_a_canary_arrives_within_a_minute_each_quarter_of_an_hour_and_leaves_nothing(watched: Watched) -> None:
    watched.run(timedelta(hours=1, minutes=5), turn=5 * MINUTE)
    runs = list(CanaryRun.objects.order_by("posted_at"))
    assert len(runs) == 5
    assert all(run.received_at and run.received_at - run.posted_at < MINUTE and not run.again for run in runs)
    assert set(left().values()) == {0}
    assert watched.told == []
    assert watched.world.provider.requests == []
    assert watched.dog.failing == []


def test_no_silence_maintenance_or_severity_keeps_a_canary_and_nobody_is_made_aware(watched: Watched) -> None:
    now = watched.world.now
    Silence.objects.create(matchers='title=~".*"', starts_at=now - MINUTE, ends_at=now + 60 * MINUTE)
    for service in Service.every.all():
        Maintenance.objects.create(service=service, starts_at=now - MINUTE, ends_at=now + 60 * MINUTE, reason="work")
    for severity in Severity.objects.all():
        severity.page, severity.aware = severity.Paging.NEVER, ["zoe"]
        severity.save()
    watched.run(2 * TURN)
    assert CanaryRun.objects.get().received_at
    assert watched.world.provider.requests == []


@pytest.mark.parametrize("says", [0, 503])
def test_a_canary_that_is_not_accepted_is_red_at_once_and_told_within_ninety_seconds(
    watched: Watched, says: int
) -> None:
    calm(watched)
    watched.door.says = says
    watched.run(2 * TURN)
    failing = watched.ready().json()["failing"]
    assert [row["term"] for row in failing] == ["canary"]
    assert f"HTTP {says}" in failing[0]["detail"]
    assert watched.told == []
    watched.run(timedelta(seconds=70), turn=2 * TURN)
    assert watched.told == [BEGAN]
    watched.door.says = None
    watched.run(timedelta(seconds=80), turn=2 * TURN)
    assert watched.told == [BEGAN, OVER]


def test_one_that_was_accepted_and_does_not_arrive_is_red_with_the_place_where_it_is_stuck(watched: Watched) -> None:
    calm(watched)
    watched.alive = False
    watched.run(2 * TURN)
    failed = CanaryRun.objects.first()
    assert failed is not None
    assert failed.accepted_at
    assert failed.failed == "it was accepted and still waits in the inbox"
    assert set(left().values()) == {0}
    assert failed.failed in watched.ready().content.decode()


def test_an_outage_counts_each_quarter_of_an_hour_once_however_often_it_is_tried(watched: Watched) -> None:
    watched.run(TURN)
    watched.door.says = 0
    for _look in range(60):
        watched.clock += 60
        watched.world.now += MINUTE
        watched.canary.run(watched.world.now)
    assert CanaryRun.objects.filter(again=False).exclude(failed="").count() == 4
    assert CanaryRun.objects.filter(again=True).count() > 20


def test_runs_that_could_not_be_posted_while_the_database_was_away_count_as_failed(watched: Watched) -> None:
    watched.run(TURN)
    watched.clock += 3600
    watched.world.now += timedelta(hours=1)
    watched.run(2 * TURN)
    assert CanaryRun.objects.filter(accepted_at=None).count() == 4


def test_nothing_is_told_in_the_first_minutes_of_a_start(watched: Watched) -> None:
    posted_at = watched.world.now - timedelta(hours=8)
    CanaryRun.objects.create(posted_at=posted_at, failed="it was accepted and still waits in the inbox")
    watched.door.says = 0
    watched.run(timedelta(seconds=110), turn=2 * TURN)
    watched.door.says = None
    watched.run(timedelta(minutes=2), turn=4 * TURN)
    assert watched.told == []
    assert CanaryRun.objects.first().received_at  # type: ignore[union-attr]


def test_a_clock_that_is_set_back_stops_no_canary(watched: Watched) -> None:
    watched.run(TURN)
    watched.world.now -= timedelta(hours=1)
    watched.run(MINUTE, turn=2 * TURN)
    assert CanaryRun.objects.filter(received_at__isnull=False).count() == 2
    assert watched.told == []


def test_what_the_canary_needs_is_made_anew_where_it_is_lost(watched: Watched, tmp_path: Path) -> None:
    watched.run(TURN)
    key = tmp_path / "canary-key"
    assert key.stat().st_mode & 0o777 == 0o600
    for lose in (key.unlink, lambda: key.write_text("x"), Service.every.get(canary=True).delete):
        lose()
        watched.run(timedelta(minutes=15), turn=timedelta(minutes=7, seconds=30))
    assert CanaryRun.objects.filter(received_at__isnull=False).count() == 4
    assert Integration.every.filter(service__canary=True).count() == 1


def test_two_watchdogs_post_one_canary(watched: Watched) -> None:
    other = Watched(watched.world, PAGER)
    for _turn in range(4):
        watched.run(TURN)
        other.canary.run(watched.world.now)
    assert CanaryRun.objects.count() == 1


def test_a_canary_is_the_last_to_be_paged(watched: Watched) -> None:
    watched.alive = False
    watched.door.answers()
    watched.run(TURN)  # it is posted, waits and is given up; another one is under way beside an alert
    service = Service.every.get(canary=True)
    Alert.every.all().delete()
    intake.accept(Integration.every.get(service=service).pk, [_signal()], watched.world.now)
    watched.world.post()
    intake.drain(watched.world.now)
    assert [page.canary for page in Page.every.order_by("rank")] == [False, True]


def _signal() -> Any:
    return Signal(action=Action.TRIGGER, dedup_key="canary-x", title="Canary", severity="info")
