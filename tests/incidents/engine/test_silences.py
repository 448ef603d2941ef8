"""What still burns at the end of a silence pages then."""

from datetime import datetime

import pytest
from django.db.models import QuerySet

from incidents import intake
from incidents.engine import silences
from incidents.intake import silencing
from incidents.models import Alert, Incident, Integration, Silence
from oncall.models import Page
from tests.incidents.alerting import NOW, deliver, event, minutes

pytestmark = pytest.mark.django_db


def silence(begin: float, end: float) -> Silence:
    return Silence.objects.create(
        matchers='severity="SEV-1"', starts_at=NOW + minutes(begin), ends_at=NOW + minutes(end)
    )


def test_at_its_end_the_alerts_open_one_incident_that_pages_as_of_then(probe: Integration) -> None:
    silence(0, 30)
    deliver(probe, event("a"), event("b"))
    assert silences.run(NOW + minutes(29)) == 0
    assert silences.run(NOW + minutes(32)) == 1
    assert Incident.objects.get().alert_count == 2
    assert Page.objects.get().opened_at == NOW + minutes(30)
    assert not Alert.objects.exclude(silenced_until_at=None).exists()
    assert silences.run(NOW + minutes(33)) == 0


def test_what_ended_meanwhile_opens_nothing(probe: Integration) -> None:
    silence(0, 30)
    deliver(probe, event("a"))
    deliver(probe, event("a", action="resolve"), at=NOW + minutes(5))
    assert silences.run(NOW + minutes(31)) == 0
    assert not Incident.objects.exists()


def test_another_silence_that_follows_without_a_break_holds_on(probe: Integration) -> None:
    silence(0, 30)
    silence(30, 60)
    deliver(probe, event("a"))
    assert Alert.objects.get().silenced_until_at == NOW + minutes(60)


def test_another_silence_made_later_holds_on(probe: Integration) -> None:
    silence(0, 30)
    deliver(probe, event("a"))
    silence(20, 60)
    silences.run(NOW + minutes(30))
    assert Alert.objects.get().silenced_until_at == NOW + minutes(60)
    assert not Incident.objects.exists()


def test_an_unreadable_silence_stops_no_alert(probe: Integration) -> None:
    Silence.objects.create(matchers="{{{", starts_at=NOW, ends_at=NOW + minutes(30))
    deliver(probe, event("a"))
    assert Incident.objects.get().alert_count == 1


def test_a_released_alert_raises_the_incident_it_joins(probe: Integration) -> None:
    silence(0, 3)
    deliver(probe, event("a", "critical"))
    deliver(probe, event("b", "error"), at=NOW + minutes(1))
    assert Incident.objects.get().severity.level == "SEV-2"
    silences.run(NOW + minutes(3))
    assert Incident.objects.get().severity.level == "SEV-1"


def test_a_storm_that_was_silenced_is_let_go_in_parts(probe: Integration, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    look_again = intake.look_again

    def looked(rows: QuerySet[Alert], now: datetime) -> int:
        sizes.append(rows.count())
        return look_again(rows, now)

    monkeypatch.setattr(silences, "AT_ONCE", 3)
    monkeypatch.setattr(intake, "look_again", looked)
    silence(0, 30)
    deliver(probe, *(event(f"k{n}") for n in range(8)))
    silences.run(NOW + minutes(31))
    assert sizes == [3, 3, 2]
    assert Incident.objects.get().alert_count == 8


def test_a_silence_that_is_taken_back_lets_its_storm_go_in_parts(
    probe: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silencing, "AT_ONCE", 3)
    held = silence(0, 30)
    deliver(probe, *(event(f"k{n}") for n in range(8)))
    held.delete()
    sizes: list[int] = []
    settle = silencing.settle
    monkeypatch.setattr(silencing, "settle", lambda freed, *rest: (sizes.append(len(freed)), settle(freed, *rest)))
    assert intake.silence_changed(held, NOW + minutes(1)) == 8
    assert sizes == [3, 3, 2]
    assert Incident.objects.get().alert_count == 8
