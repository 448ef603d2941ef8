"""What two senders at once would break: one open alert per key, and no alert on an incident that just ended."""

import pytest
from django.db import IntegrityError, transaction

from incidents import lifecycle
from incidents.intake import routing
from incidents.models import Alert, Integration
from oncall.paging import Actor
from tests.incidents import alerting
from tests.incidents.alerting import NOW, event, minutes

pytestmark = pytest.mark.django_db


def test_a_key_has_one_open_alert_whatever_the_code_does(probe: Integration) -> None:
    alerting.deliver(probe, event("disk"))
    twin = Alert.objects.get()
    twin.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


def test_a_batch_whose_incident_ended_while_it_waited_for_the_lock_is_done_again(probe: Integration) -> None:
    alerting.deliver(probe, event("disk"))
    seen = alerting.only_incident()
    lifecycle.resolve(seen, Actor(None, "somebody", "console"), NOW + minutes(1))
    with pytest.raises(routing.Raced), transaction.atomic():
        routing._locked([routing.Group(seen, [])])
