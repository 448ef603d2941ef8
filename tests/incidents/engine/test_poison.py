"""One row that raises delays no other, and is tried again later: holds, ends of silences, heartbeats, the inbox."""

from datetime import datetime
from typing import Any

import pytest

from incidents import intake, lifecycle
from incidents.adapters import heartbeat
from incidents.adapters.signal import Options
from incidents.engine import ack_timeouts, audit, heartbeats, holds, silences
from incidents.engine import findings as openings
from incidents.intake import batches, silencing
from incidents.lifecycle.holding import Holds
from incidents.models import Alert, InboxItem, Incident, Integration, Maintenance, Service, Severity, Silence
from oncall import findings, paging
from oncall.engine import dispatch, escalate
from oncall.models import Notification, Page
from tests import cast
from tests.incidents import alerting
from tests.incidents.alerting import NOW, deliver, event, minutes

pytestmark = pytest.mark.django_db


def probe(name: str, format: str = "generic", **fields: object) -> Integration:
    return alerting.sender(alerting.service(name), format, name, **fields)[0]


def told() -> str:
    """What the audit tells of rows that cannot be handled."""
    return " ".join(findings.standing().filter(kind="row").values_list("text", flat=True))


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
    assert "service Broken" in told()


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
        assert "the end of a silence of alert" in told()
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
        assert "integration Broken" in told()
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


def test_an_acknowledgement_whose_timeout_breaks_holds_up_no_other_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(probe("Broken"), event())
    deliver(probe("Sound"), event())
    broken, sound = Incident.objects.order_by("pk")
    for incident in (broken, sound):
        lifecycle.acknowledge(incident, paging.Actor(None, "Events", "sender"), NOW)
    original = ack_timeouts.page_again

    def page_again(incident: Incident, *rest: Any) -> None:
        if incident.pk == broken.pk:
            raise ValueError("poison")
        original(incident, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(ack_timeouts, "page_again", page_again)
        ack_timeouts.run(NOW + minutes(61))
        assert Incident.objects.get(state="triggered") == sound
        assert ack_timeouts.run(NOW + minutes(61.5)) == 0
    assert f"incident {broken.pk} cannot be handled (ValueError)" in told()
    ack_timeouts.run(NOW + minutes(62))
    assert Incident.objects.filter(state="triggered").count() == 2


def test_a_policy_that_cannot_be_read_hides_no_others_hole(monkeypatch: pytest.MonkeyPatch) -> None:
    broken, sound = (cast.policy(name, []) for name in ("Broken", "Sound"))
    for policy in (broken, sound):
        cast.service(policy.name, policy=policy)
    original = paging.holes

    def holes(needs: Any, *rest: Any) -> Any:
        if broken.pk in needs:
            raise ValueError("poison")
        return original(needs, *rest)

    monkeypatch.setattr(paging, "holes", holes)
    audit.run(NOW)
    assert "Sound is in use and has no steps" in " ".join(
        findings.standing().filter(kind="hole").values_list("text", flat=True)
    )
    assert f"the policy {broken.pk}" in told()


def test_a_finding_that_cannot_become_an_incident_keeps_back_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in ("broken", "sound"):
        findings.report([key], [findings.Found("stuck", key, f"It is {key}.", 1)], NOW)
    original = lifecycle.open_many

    def open_many(rows: Any, now: datetime) -> Any:
        if any(row.title == "It is broken." for row in rows):
            raise ValueError("poison")
        return original(rows, now)

    monkeypatch.setattr(lifecycle, "open_many", open_many)
    openings.run(NOW)
    assert [incident.title for incident in Incident.objects.all()] == ["It is sound."]
    assert "audit finding" in told()


def test_a_row_that_breaks_again_and_again_becomes_an_incident_that_pages() -> None:
    for minute in range(2):
        findings.stumbled("a job", "a row", ValueError("poison"), NOW + minutes(minute))
    openings.run(NOW + minutes(1))
    incident = Incident.objects.get()
    assert incident.title.startswith("a row cannot be handled (ValueError)")
    assert Page.objects.filter(subject=incident.subject, due_at=NOW + minutes(1)).exists()
