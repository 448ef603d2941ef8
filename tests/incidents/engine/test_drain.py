"""The drain goes on until nothing waits, but not for ever."""

from datetime import datetime

import pytest

from incidents.engine import drain
from incidents.models import Alert, InboxItem
from tests.incidents import alerting
from tests.incidents.alerting import NOW, event, send
from tests.together import at_once

pytestmark = pytest.mark.django_db


def test_one_run_empties_the_inbox_over_several_batches() -> None:
    probe = alerting.sender(alerting.service())[0]
    for n in range(7):
        send(probe, *(event(f"{n}-{i}") for i in range(200)))
    assert drain.run(NOW) == 7
    assert Alert.objects.count() == 1400
    assert not InboxItem.objects.filter(state="pending").exists()
    assert drain.run(NOW) == 0


def test_after_its_time_it_leaves_the_rest_to_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = alerting.sender(alerting.service())[0]
    for n in range(3):
        send(probe, *(event(f"{n}-{i}") for i in range(600)))
    monkeypatch.setattr(drain, "MAX_SECONDS", -1)
    assert drain.run(NOW) == 1
    assert drain.run(NOW) == 1


def test_one_thread_drains_and_looks_again_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []

    def look(_now: datetime) -> int:
        looks.append(len(looks))
        if len(looks) == 1:
            assert at_once(lambda: drain.run(NOW), lambda: drain.run(NOW)) == [0, 0]
        return 0

    monkeypatch.setattr(drain.intake, "drain", look)
    assert drain.run(NOW) == 0
    assert len(looks) == 2
    assert drain.run(NOW) == 0
    assert len(looks) == 3
