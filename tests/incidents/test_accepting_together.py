"""Many rows by one statement are the same rows as one by one, and each sender learns only of its own."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from incidents import intake
from incidents.intake import accepting
from incidents.models import InboxItem, Integration
from tests import cast
from tests.incidents.alerting import event, sender, service

pytestmark = pytest.mark.django_db


def rows_of(integration: Integration, *senders: int) -> list[intake.Row]:
    return [intake.row(pk, [event(f"of {pk}")], cast.NOW) for pk in (integration.pk, *senders, integration.pk)]


@pytest.mark.parametrize("count", [1, 3])
def test_rows_stored_together_are_those_stored_alone(count: int) -> None:
    integration, _key = sender(service())
    body = '[{"action": "trigger", "title": "Größe", "dedup_key": "\\u00e9"}]'
    at = str(accepting.connection.ops.adapt_datetimefield_value(cast.NOW))
    accepting._insert([(integration.pk, at, body, 1)] * count)

    rows = list(InboxItem.objects.values("integration", "received_at", "signals", "signal_count", "state", "done_at"))
    signals = [{"action": "trigger", "title": "Größe", "dedup_key": "é"}]
    assert (
        rows
        == [
            {
                "integration": integration.pk,
                "received_at": cast.NOW,
                "signals": signals,
                "signal_count": 1,
                "state": "pending",
                "done_at": None,
            }
        ]
        * count
    )
    assert InboxItem.objects.earliest("pk").received_at < timezone.now()


@pytest.mark.django_db(transaction=True)
def test_a_row_that_cannot_be_stored_is_told_to_its_sender_alone(probe: Integration) -> None:
    told = intake.accept_together(rows_of(probe, 987654))
    assert [type(error) for error in told] == [type(None), intake.UnknownIntegration, type(None)]
    assert list(InboxItem.objects.values_list("integration", flat=True)) == [probe.pk, probe.pk]


def test_with_the_database_away_everybody_is_told_and_nothing_is_tried_again(
    probe: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def away(rows: Sequence[Any]) -> None:
        tried.append(len(rows))
        raise OperationalError("away")

    monkeypatch.setattr(accepting, "_insert", away)
    told = intake.accept_together(rows_of(probe))
    assert [type(error) for error in told] == [OperationalError] * 2
    assert tried == [2]
