"""Integrations that take signed bodies only: over HTTP, once each, with two secrets while rotating."""

import base64
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from incidents import integrations, signing
from incidents.engine import signatures
from incidents.models import InboxItem, Integration, SignedMessage
from oncall import sealed
from tests import cast
from tests.incidents.alerting import NOW

pytestmark = pytest.mark.django_db
BODY = b'{"summary": "Disk full"}'
Post = Callable[..., HttpResponse]


@pytest.fixture
def made() -> tuple[Integration, str, str]:
    integration, key = integrations.create(cast.service("Checkout"), "Probe", "generic", NOW)
    return integration, key, signing.require(integration, NOW)


@pytest.fixture
def post(made: tuple[Integration, str, str], client: Client) -> Post:
    _integration, key, newest = made

    def send(secret: str = newest, body: bytes = BODY, name: str = "msg_1", late: int = 0) -> HttpResponse:
        at = timezone.now().replace(microsecond=0) + timedelta(seconds=late)
        headers = {
            "webhook-id": name,
            "webhook-timestamp": f"{at.timestamp():.0f}",
            "webhook-signature": Webhook(secret).sign(name, at, body.decode()),
        }
        where = f"/api/v1/ingest/generic/{key}/"
        return client.post(where, body, content_type="application/json", headers=headers)

    return send


def test_a_signed_body_is_taken_and_an_unsigned_one_refused(
    made: tuple[Integration, str, str], post: Post, client: Client
) -> None:
    assert post().status_code == 202
    answer = client.post(f"/api/v1/ingest/generic/{made[1]}/", BODY, content_type="application/json")
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["field"] == "webhook-signature"
    assert InboxItem.objects.count() == 1


def test_a_replay_is_refused_and_a_repeat_signed_again_is_stored_once(post: Post) -> None:
    assert post().status_code == 202
    assert post(late=-1).status_code == 401  # the same message, signed no later
    assert post(late=2).status_code == 202
    assert InboxItem.objects.count() == 1
    assert post(name="msg_2").status_code == 202
    assert InboxItem.objects.count() == 2


def test_both_secrets_are_good_until_the_previous_one_is_dropped(
    made: tuple[Integration, str, str], post: Post
) -> None:
    integration, _key, old = made
    new = signing.require(integration, NOW)
    assert post(secret=old, name="a").status_code == post(secret=new, name="b").status_code == 202
    signing.drop_previous(integration, NOW)
    assert (post(secret=old, name="c").status_code, post(secret=new, name="d").status_code) == (401, 202)
    signing.stop(integration, NOW)
    assert post(secret=old, name="e").status_code == 202


def test_after_a_change_of_the_secret_key_nothing_is_taken_unsigned(
    made: tuple[Integration, str, str], post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed, "_SALT", "another")
    integrations.forget_keys()
    assert post().status_code == 401


def test_secrets_are_stored_encrypted_and_in_no_history(made: tuple[Integration, str, str]) -> None:
    integration, _key, secret = made
    row = Integration.objects.filter(pk=integration.pk).values().get()
    assert secret not in str(row) + str(list(integration.history.values()))
    assert sealed.unseal(row["signing_secret"]) == secret


def test_a_secret_that_could_be_guessed_is_refused(made: tuple[Integration, str, str]) -> None:
    with pytest.raises(signing.SecretRefused):
        signing.require(made[0], NOW, "too short")
    given = "whsec_" + base64.b64encode(b"g" * 24).decode()
    assert signing.require(made[0], NOW, given) == given


def test_what_nobody_could_replay_any_more_is_forgotten(made: tuple[Integration, str, str], post: Post) -> None:
    post()
    [row] = SignedMessage.objects.all()
    assert signatures.run(row.signed_at + timedelta(minutes=9)) == 0
    assert signatures.run(row.signed_at + timedelta(minutes=11)) == 1


def test_pagerduty_clients_are_told_in_their_own_shape(client: Client) -> None:
    integration, key = integrations.create(cast.service("Checkout"), "Events", "pagerduty", NOW)
    signing.require(integration, NOW)
    event = {"routing_key": key, "event_action": "resolve", "dedup_key": "x"}
    answer = client.post("/v2/enqueue", event, content_type="application/json")
    assert (answer.status_code, answer.json()["status"]) == (400, "invalid event")


def test_a_signed_heartbeat_counts_and_an_unsigned_one_does_not(client: Client) -> None:
    integration, key = integrations.create(cast.service("Checkout"), "Backup", "heartbeat", NOW)
    secret = signing.require(integration, NOW)
    at = timezone.now().replace(microsecond=0)
    stamp = {"webhook-id": "m", "webhook-timestamp": f"{at.timestamp():.0f}"}
    headers = {**stamp, "webhook-signature": Webhook(secret).sign("m", at, "")}
    assert client.get(f"/api/v1/ingest/heartbeat/{key}/").status_code == 401
    assert client.get(f"/api/v1/ingest/heartbeat/{key}/", headers=headers).status_code == 202
