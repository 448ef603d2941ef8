"""Thirty days of canaries on the first page: a cell a day, two shares, and words where there is nothing yet."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from incidents.admin.canary import strip
from oncall.models import CanaryRun, User
from tests.cast import NOW

pytestmark = pytest.mark.django_db
LATE = "its message was made and not sent"


def day(at: datetime, runs: int, refused: int = 0, late: int = 0) -> None:
    for number in range(runs):
        posted_at = at.replace(hour=0) + number * timedelta(minutes=15)
        accepted = None if number < refused else posted_at
        received = None if number < refused + late else posted_at
        failed = "" if received else LATE if accepted else "HTTP 503"
        CanaryRun.objects.create(posted_at=posted_at, accepted_at=accepted, received_at=received, failed=failed)


def test_a_cell_for_each_of_thirty_days_says_what_was_missed_in_words_too() -> None:
    day(NOW, 20)
    day(NOW - timedelta(days=1), 40, late=1)
    day(NOW - timedelta(days=2), 40, refused=10)
    day(NOW - timedelta(days=40), 40, refused=40)
    made = strip(NOW)
    assert [cell.tone for cell in made.cells] == ["none"] * 27 + ["bad", "some", "ok"]
    assert made.cells[-3].words.endswith(": 30 of 40 accepted, 30 delivered in time")
    assert (made.accepted, made.received) == ("90 %", "89 %")


def test_a_hundred_per_cent_is_said_of_all_only() -> None:
    day(NOW, 30_000 // 500, late=1)
    CanaryRun.objects.bulk_create(
        CanaryRun(posted_at=NOW, accepted_at=NOW, received_at=NOW) for _number in range(30_000)
    )
    assert strip(NOW).received == "99.99 %"


def test_runs_under_way_and_those_posted_early_do_not_count() -> None:
    CanaryRun.objects.create(posted_at=NOW)
    CanaryRun.objects.create(posted_at=NOW, failed=LATE, again=True)
    assert strip(NOW).accepted == ""


def test_the_first_page_says_when_the_first_figure_comes_and_then_shows_it(settings: Any) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("boss", "boss@example.org", "boss-password-1"))
    assert "the first figure comes" in client.get(reverse("admin:index")).content.decode()
    now = timezone.now()
    CanaryRun.objects.create(posted_at=now, accepted_at=now, received_at=now)
    said = client.get(reverse("admin:index")).content.decode()
    assert said.count("io-day-none") == 29
    assert said.count("io-day-ok") == 1
