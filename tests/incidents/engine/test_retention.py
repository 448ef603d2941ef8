"""The inbox forgets what it has long done, and nothing else."""

from datetime import timedelta

import pytest

from incidents.engine import retention
from incidents.models import InboxItem
from tests.incidents.alerting import NOW, sender, service

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def row(integration: object, state: str, age: timedelta) -> InboxItem:
    done_at = None if state == "pending" else NOW - age
    return InboxItem.objects.create(integration=integration, state=state, received_at=NOW - age, done_at=done_at)


def test_done_rows_are_forgotten_after_a_week_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    integration, _key = sender(service())
    old = [row(integration, "done", WEEK * 2) for _row in range(5)]
    kept = [row(integration, "aside", WEEK * 2), row(integration, "pending", WEEK * 2)]
    old += [row(integration, "done", WEEK + timedelta(seconds=1))]
    kept += [row(integration, "done", WEEK - timedelta(seconds=1)), row(integration, "done", timedelta(0))]

    assert retention.run(NOW) == len(old)
    assert list(InboxItem.objects.order_by("pk")) == kept
    assert retention.run(NOW) == 0


def test_what_is_kept_is_not_looked_at(django_assert_num_queries: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    integration, _key = sender(service())
    for _row in range(20):
        row(integration, "done", timedelta(days=1))
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert retention.run(NOW) == 0
