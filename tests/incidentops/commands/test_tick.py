"""`tick` runs every job once, in order, with one instant."""

import io
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils.module_loading import import_string

from incidentops import beat, in_turn
from incidentops.beat import Job
from incidentops.management.commands import tick
from oncall.models import JobRun

pytestmark = pytest.mark.django_db
SEEN: list[tuple[str, datetime, bool]] = []


def first(now: datetime) -> int:
    SEEN.append(("first", now, settings.CELERY_NUDGES))
    return 3


def broken(now: datetime) -> int:
    raise RuntimeError("no such luck")


def last(now: datetime) -> int:
    SEEN.append(("last", now, settings.CELERY_NUDGES))
    return 0


def jobs(monkeypatch: pytest.MonkeyPatch, *functions: object) -> None:
    SEEN.clear()
    table = tuple(Job(f"x.{f.__name__}", f.__name__, 1, "bulk") for f in functions)
    monkeypatch.setattr(tick, "JOBS", table)
    monkeypatch.setattr(in_turn, "import_string", globals().__getitem__)


def test_every_job_runs_once_in_order_with_one_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs(monkeypatch, first, last)
    out = io.StringIO()
    call_command("tick", at="2026-03-01T10:00:00+01:00", stdout=out)
    at = datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert [("first", at, False), ("last", at, False)] == SEEN
    assert out.getvalue() == "x.first: 3\n"
    assert not JobRun.objects.exists()  # a replay is no sign of life


def test_without_an_instant_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs(monkeypatch, first)
    before = datetime.now(UTC)
    call_command("tick", stdout=io.StringIO())
    assert before <= SEEN[0][1] <= datetime.now(UTC)
    assert JobRun.objects.get(task="x.first").done_at == SEEN[0][1]


def test_a_failing_job_does_not_keep_the_next_from_running_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs(monkeypatch, broken, last)
    with pytest.raises(CommandError, match=r"x\.broken: no such luck") as failure:
        call_command("tick", stdout=io.StringIO())
    assert [name for name, *_ in SEEN] == ["last"]
    assert failure.value.returncode == 1


@pytest.mark.parametrize("text", ["yesterday", "2026-03-01T10:00:00", "2026-13-01T10:00:00+00:00"])
def test_an_instant_needs_its_offset(text: str) -> None:
    with pytest.raises(CommandError, match="write an instant") as failure:
        call_command("tick", at=text)
    assert failure.value.returncode == 2


def test_every_job_of_the_table_is_there() -> None:
    assert all(callable(import_string(job.run)) for job in beat.JOBS)
