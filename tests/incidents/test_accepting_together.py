"""Many rows by one statement are the same rows as one by one."""

import pytest
from django.utils import timezone

from incidents.intake import accepting
from incidents.models import InboxItem
from tests import cast
from tests.incidents.alerting import sender, service

pytestmark = pytest.mark.django_db


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
