"""One row that raises delays no other, and is tried again later: holds, ends of silences, heartbeats, the inbox."""

from datetime import datetime
from typing import Any

import pytest

from incidents import intake
from incidents.adapters import heartbeat
from incidents.adapters.signal import Options
from incidents.engine import heartbeats, holds, silences
from incidents.intake import batches, silencing
from incidents.lifecycle.holding import Holds
from incidents.models import Alert, InboxItem, Incident, Integration, Maintenance, Service, Severity, Silence
from oncall.engine import dispatch, escalate
from oncall.models import Notification, Page
from tests.incidents import alerting
from tests.incidents.alerting import NOW, deliver, event, minutes

pytestmark = pytest.mark.django_db


def probe(name: str, format: str = "generic", **fields: object) -> Integration:
    return alerting.sender(alerting.service(name), format, name, **fields)[0]


def test_a_service_whose_windows_cannot_be_judged_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = probe("Broken"), probe("Sound")
    for integration in (broken, sound):
        deliver(integration, event())
        span = {"starts_at": NOW + minutes(1), "ends_at": NOW + minutes(60)}
        Maintenance.objects.create(service=integration.service, **span)
    Page.objects.update(step=2, due_at=NOW + minutes(15))  # as after a first step: the next is ahead
    original = Holds.hold

    def hold(self: Holds, service: int, severity: Severity, now: datetime) -> Any:
        if service == broken.service_id:
            raise ValueError("poison")
        return original(self, service, severity, now)

    monkeypatch.setattr(Holds, "hold", hold)
    assert holds.run(NOW + minutes(2)) == 1
    held = Incident.objects.exclude(hold_until_at=None).values_list("service", "hold_until_at")
    assert list(held) == [(sound.service_id, NOW + minutes(60))]


def test_an_alert_that_breaks_at_the_end_of_its_silence_holds_up_none_of_its_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    integration = probe("Checkout")
    Silence.objects.create(matchers='severity="SEV-1"', starts_at=NOW, ends_at=NOW + minutes(30))
    deliver(integration, event("poison"), event("fine"))
    original = silencing.Silences.until

    def until(self: silencing.Silences, alert: Alert, service: Service, severity: Severity, now: datetime) -> Any:
        if alert.dedup_key == "poison":
            raise ValueError("poison")
        return original(self, alert, service, severity, now)

    with monkeypatch.context() as patch:
        patch.setattr(silencing.Silences, "until", until)
        silences.run(NOW + minutes(31))
        assert list(Incident.objects.values_list("alerts__dedup_key", flat=True)) == ["fine"]
        assert silences.run(NOW + minutes(31.5)) == 0  # it is not tried all the time
    silences.run(NOW + minutes(32))
    assert not Alert.objects.filter(incident=None).exists()


def test_a_heartbeat_that_breaks_holds_up_no_other_and_is_tried_a_minute_later(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = (probe(name, "heartbeat", every_minutes=10) for name in ("Broken", "Sound"))
    for integration in (broken, sound):
        alerting.send(integration, *heartbeat.parse(None, Options(), str).signals)
    intake.drain(NOW)
    original, tried = heartbeats.missed, []

    def missed(name: str, *rest: Any) -> Any:
        tried.append(name)
        if name == "Broken":
            raise ValueError("poison")
        return original(name, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(heartbeats, "missed", missed)
        heartbeats.run(NOW + minutes(11))
        assert [incident.service for incident in Incident.objects.all()] == [sound.service]
        before = len(tried)
        heartbeats.run(NOW + minutes(11.5))
        assert len(tried) == before
    heartbeats.run(NOW + minutes(12))
    assert Incident.objects.filter(service=broken.service).exists()


def test_an_alert_that_had_to_be_set_aside_is_told_to_the_fallback_once(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FALLBACK_CHANNEL_URL = "mailto:duty@example.org"
    integration = probe("Checkout")
    original = batches._work

    def work(claimed: Any, now: datetime) -> None:
        if any(item.integration_id == integration.pk for item in claimed.items):
            raise ValueError("poison")
        original(claimed, now)

    monkeypatch.setattr(batches, "_work", work)
    for key in ("a", "b", "c"):
        alerting.send(integration, event(key))
    deliver(probe("Sound"), event())
    for minute in range(5):
        intake.drain(NOW + minutes(minute))
    assert InboxItem.objects.filter(state="aside").count() == 3
    told = Notification.objects.get(kind="fallback")
    assert (told.title, told.page) == ("An accepted alert could not be processed: Checkout", None)
    assert "ValueError" in told.text
    assert Incident.objects.get().service.name == "Sound"
    dispatch.run(NOW + minutes(5))
    assert Notification.objects.get(pk=told.pk).state == "sent"


def test_a_page_that_raises_at_every_step_is_told_to_the_fallback_and_delays_no_other(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FALLBACK_CHANNEL_URL = "mailto:duty@example.org"
    deliver(probe("Broken"), event())
    deliver(probe("Sound"), event())
    broken, sound = Page.objects.order_by("pk")
    original, tried = escalate.walked, []

    def walked(pages: Any, directory: Any, now: datetime) -> Any:
        if any(page.pk == broken.pk and page.step for page in pages):
            tried.append(now)
            raise ValueError("poison")
        return original(pages, directory, now)

    monkeypatch.setattr(escalate, "walked", walked)
    escalate.run(NOW)
    assert [row.page for row in Notification.objects.filter(kind="page")] == [sound]
    for second in range(1, 121):
        escalate.run(NOW + minutes(second / 60))
    assert Notification.objects.get(kind="fallback").page == broken
    assert len(set(tried)) == escalate.TRIES
    broken.refresh_from_db()
    assert broken.exhausted_at is not None
