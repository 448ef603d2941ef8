"""A row that breaks blocks nobody and is not lost; a database that fails is tried again for ever."""

import pytest
from django.db import OperationalError

from incidents import intake
from incidents.intake import batches
from incidents.models import Alert, InboxItem, Incident, Integration
from oncall.models import Page
from tests.incidents.alerting import NOW, event, minutes, only_incident, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def poison(probe: Integration) -> InboxItem:
    item = send(probe, event("bad"))
    InboxItem.objects.filter(pk=item.pk).update(signals=[{"action": "explode"}])
    return item


def test_a_row_that_breaks_is_set_aside_and_blocks_nobody(probe: Integration, poison: InboxItem) -> None:
    send(probe, event("before"), event("b2"))
    send(probe, event("after"))
    intake.drain(NOW)
    assert set(Alert.objects.values_list("dedup_key", flat=True)) == {"before", "b2", "after"}
    poison.refresh_from_db()
    assert (poison.state, poison.tries) == ("pending", 1)
    for wait in (1, 2):
        intake.drain(NOW + minutes(wait))
    poison.refresh_from_db()
    assert (poison.state, poison.tries) == ("aside", 3)
    assert "ValueError" in poison.error or "KeyError" in poison.error
    assert intake.drain(NOW + minutes(60)) == 0


def test_between_tries_a_broken_row_waits(poison: InboxItem) -> None:
    intake.drain(NOW)
    assert intake.drain(NOW) == 0


def test_retry_puts_a_row_back(poison: InboxItem) -> None:
    for wait in range(3):
        intake.drain(NOW + minutes(wait))
    InboxItem.objects.filter(pk=poison.pk).update(signals=[event("mended").to_json()])
    intake.retry(poison, NOW + minutes(9))
    assert poison.state == "pending"
    intake.drain(NOW + minutes(9))
    assert Alert.objects.get().dedup_key == "mended"
    intake.retry(poison, NOW + minutes(9))
    poison.refresh_from_db()
    assert poison.state == "done"


def test_a_database_error_is_tried_again_for_ever_and_never_set_aside(
    probe: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = send(probe, event("a"))

    def deadlock(*_: object) -> None:
        raise OperationalError("deadlock detected")

    with monkeypatch.context() as patch:
        patch.setattr(batches, "fold", deadlock)
        for wait in range(6):
            intake.drain(NOW + minutes(10 * wait))
    item.refresh_from_db()
    assert (item.state, item.tries) == ("pending", 0)
    assert "deadlock" in item.error
    intake.drain(NOW + minutes(90))
    item.refresh_from_db()
    assert (item.state, item.error) == ("done", "")
    assert only_incident().opened_at == NOW


def test_a_failing_batch_leaves_nothing_half_done(probe: Integration, monkeypatch: pytest.MonkeyPatch) -> None:
    send(probe, event("a"))

    def broken(*_: object) -> None:
        raise RuntimeError("after the alerts were written")

    monkeypatch.setattr(batches.counters, "count", broken)
    intake.drain(NOW)
    assert not Alert.objects.exists() and not Incident.objects.exists() and not Page.objects.exists()
