"""Keys of senders: shown once, hashed, rotated and switched off within a second, looked up once a second."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents import integrations
from incidents.integrations import KeyRefused
from incidents.models import Integration
from tests import cast
from tests.incidents import alerting
from tests.incidents.alerting import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> tuple[Integration, str]:
    return integrations.create(cast.service("Checkout"), "Probe", "generic", NOW)


def test_a_key_is_stored_as_prefix_and_hmac_only(made: tuple[Integration, str]) -> None:
    integration, key = made
    row = Integration.objects.filter(pk=integration.pk).values().get()
    assert len(key) == 32
    assert key not in str(row)
    assert key.startswith(row["key_prefix"]) and len(row["key_prefix"]) <= 8
    assert key not in str(list(integration.history.values()))
    assert integrations.has_key(integration, key)
    assert not integrations.has_key(integration, key + "x")


def test_a_key_finds_its_enabled_integration_of_its_own_format(made: tuple[Integration, str]) -> None:
    integration, key = made
    sender = integrations.find(key, "generic")
    assert sender is not None and sender.id == integration.pk
    assert integrations.find(key, "alertmanager") is None
    assert integrations.find(key[:-1], "generic") is None
    assert integrations.find("", "generic") is None
    assert integrations.find("k" * 100_000, "generic") is None
    assert integrations.find("k\x00\ud800é", "generic") is None


def test_a_rotated_key_replaces_the_old_one(made: tuple[Integration, str]) -> None:
    integration, old = made
    assert integrations.find(old, "generic")
    new = integrations.rotate(integration, NOW)
    assert integrations.find(old, "generic") is None
    assert integrations.find(new, "generic")


def test_rotating_leaves_the_counters_to_the_drain(made: tuple[Integration, str]) -> None:
    integration, _ = made
    Integration.objects.filter(pk=integration.pk).update(received_count=7)
    integrations.rotate(integration, NOW)
    integration.refresh_from_db()
    assert integration.received_count == 7
    assert integration.history.count() == 2


def test_switching_off_and_on(made: tuple[Integration, str]) -> None:
    integration, key = made
    integrations.set_enabled(integration, False, NOW)
    assert integrations.find(key, "generic") is None
    integrations.set_enabled(integration, True, NOW)
    assert integrations.find(key, "generic")


def test_a_key_switched_off_by_another_process_stops_within_a_second(
    made: tuple[Integration, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    integration, key = made
    began = time.monotonic()
    monkeypatch.setattr(integrations.time, "monotonic", lambda: began)
    assert integrations.find(key, "generic")
    Integration.objects.filter(pk=integration.pk).update(enabled=False)
    monkeypatch.setattr(integrations.time, "monotonic", lambda: began + 0.5)
    assert integrations.find(key, "generic")
    monkeypatch.setattr(integrations.time, "monotonic", lambda: began + 0.95)
    assert integrations.find(key, "generic") is None


def test_a_known_and_an_unknown_key_are_looked_up_once(made: tuple[Integration, str]) -> None:
    with CaptureQueriesContext(connection) as captured:
        for _ in range(5):
            integrations.find(made[1], "generic")
            integrations.find("not-a-key-of-anybody", "generic")
    assert len(captured) == 2


def test_guessed_keys_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrations, "MAX_UNKNOWN", 10)
    for n in range(35):
        integrations.find(f"guess-{n}", "generic")
    assert len(integrations._unknown) <= 10


def test_a_key_of_ones_own_must_be_well_formed_and_alone() -> None:
    service = cast.service("Checkout")
    own = "0123456789abcdef0123456789abcdef"
    integration, key = integrations.create(service, "Events", "pagerduty", NOW, key=own)
    assert key == own and integrations.has_key(integration, own)
    for wrong in ("short", "k" * 65, "k" * 31 + "é", "k" * 19 + "\n"):
        with pytest.raises(KeyRefused):
            integrations.create(service, "Other", "generic", NOW, key=wrong)
    with pytest.raises(KeyRefused):
        integrations.create(service, "Other", "pagerduty", NOW, key="k" * 31)
    with pytest.raises(KeyRefused):
        integrations.create(service, "Other", "generic", NOW, key=own)
    assert Integration.objects.count() == 1


def test_a_switched_off_heartbeat_awaits_no_ping() -> None:
    integration, _ = alerting.sender(cast.service("Backup"), "heartbeat", every_minutes=5, heartbeat_due_at=NOW)
    integrations.set_enabled(integration, False, NOW)
    integration.refresh_from_db()
    assert integration.heartbeat_due_at is None
