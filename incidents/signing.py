"""Signed bodies: an integration's signing secrets, and which messages have been taken already."""

import base64
import hashlib
import secrets
from datetime import datetime

from incidents import integrations
from incidents.logic import signatures
from incidents.models import Integration, SignedMessage
from oncall import sealed


class SecretRefused(ValueError):  # noqa: N818 — a refusal, not a fault
    """The secret cannot be used; the text says why."""


def require(integration: Integration, now: datetime, secret: str | None = None) -> str:
    """From now on only signed bodies are taken; returns the secret (a new one where none is given), shown this once.

    While rotating two are good: the one before stays until `drop_previous`. Raises SecretRefused.
    """
    secret = secret or signatures.PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    if why := signatures.problem(secret):
        raise SecretRefused(why)
    if [secret] != integrations.signing_secrets(integration)[:1]:
        integration.previous_signing_secret = integration.signing_secret
    integration.signing_secret = sealed.seal(secret)
    _save(integration)
    return secret


def drop_previous(integration: Integration, now: datetime) -> None:
    """Only the newest secret is good, within a second."""
    integration.previous_signing_secret = ""
    _save(integration)


def stop(integration: Integration, now: datetime) -> None:
    """Bodies need no signature any more, within a second."""
    integration.signing_secret = integration.previous_signing_secret = ""
    _save(integration)


def taken_before(integration_id: int, signed: signatures.Signed) -> bool:
    """Note the message; True where the same one was taken already and its sender has only tried again.

    Must run in the transaction that stores the message. Raises Forged for a replay: what a sender tries again it signs
    again, with a timestamp of that moment.
    """
    name = hashlib.sha256(signed.message_id.encode()).hexdigest()
    row, new = SignedMessage.objects.get_or_create(
        integration_id=integration_id, message_id=name, defaults={"signed_at": signed.signed_at}
    )
    if new:
        return False
    if signed.signed_at <= row.signed_at:
        raise signatures.Forged("This message was taken before: a repeat must be signed again.")
    return True


def forget(now: datetime) -> int:
    """Delete notes of messages whose signature has grown too old to be believed; returns how many."""
    old = SignedMessage.objects.filter(signed_at__lt=now - 2 * signatures.TOLERANCE)
    return old.delete()[0]


def _save(integration: Integration) -> None:
    integration.save(update_fields=["signing_secret", "previous_signing_secret"])
    integrations.forget_keys()
