"""Integrations' keys: made, changed, switched off, and looked up at most once a second."""

import re
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from incidents.adapters import Options
from incidents.logic.severity import DEFAULT_MAP
from incidents.models import Integration, Service
from oncall import keys, sealed

KEY_LENGTH: Final = 32
CACHE_SECONDS: Final = 0.9  # with the request itself, a key that was switched off stops within a second
MAX_UNKNOWN: Final = 10_000  # of wrong keys that are remembered: a guesser must not fill the memory

_KEY = re.compile(r"[A-Za-z0-9_-]{20,64}", re.ASCII)


class KeyRefused(ValueError):  # noqa: N818 — a refusal, not a fault
    """The key cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Sender:
    """What accepting needs to know of an enabled integration."""

    id: int
    format: str
    limit_per_minute: int | None
    options: Options
    secrets: tuple[str, ...] | None = None  # those that a signature may be made with; None: none is asked for


_known: dict[str, tuple[float, Sender]] = {}
_unknown: dict[str, float] = {}


def create(service: Service, name: str, format: str, now: datetime, key: str | None = None) -> tuple[Integration, str]:
    """A new integration and its key, which is shown this once. Raises KeyRefused for a `key` that cannot be taken."""
    key = _checked(key, format)
    integration = Integration(service=service, name=name, format=format)
    _save_key(integration, key)
    return integration, key


def rotate(integration: Integration, now: datetime, key: str | None = None) -> str:
    """A new key, shown this once; the old one stops within a second. Raises KeyRefused as `create` does."""
    key = _checked(key, integration.format)
    _save_key(integration, key)
    return key


def set_enabled(integration: Integration, enabled: bool, now: datetime) -> None:
    """Switch on or off, which takes effect within a second. A heartbeat's clock starts again with the next ping."""
    integration.enabled = enabled
    integration.heartbeat_due_at = None
    integration.save(update_fields=["enabled", "heartbeat_due_at"])
    forget_keys()


def has_key(integration: Integration, key: str) -> bool:
    """Is this the integration's key?"""
    return bool(integration.key_digest) and integration.key_digest == keys.digest(key)


def signing_secrets(integration: Integration) -> list[str]:
    """The secrets that its bodies may be signed with, the newest first; none also where they cannot be read."""
    stored = (integration.signing_secret, integration.previous_signing_secret)
    return [secret for text in stored if text and (secret := sealed.unseal(text))]


def find(key: str, format: str) -> Sender | None:
    """The enabled integration of this key and format; None for an unknown or disabled key or another format's.

    Makes one query at most every 0.9 seconds for a key. Raises what the database raises when it is away.
    """
    if not key.isascii() or not 1 <= len(key) <= 128:
        return None
    digest = keys.digest(key)
    at = time.monotonic()
    expires, sender = _known.get(digest, (0.0, None))
    if expires <= at:
        if _unknown.get(digest, 0.0) > at:
            return None
        sender = _look_up(digest)
        _remember(digest, sender, at + CACHE_SECONDS)
    return sender if sender and sender.format == format else None


def forget_keys() -> None:
    """Look every key up again; other processes do so within a second."""
    _known.clear()
    _unknown.clear()


def _look_up(digest: str) -> Sender | None:
    row = Integration.every.filter(key_digest=digest, enabled=True).first()
    if row is None:
        return None
    mapping = row.severity_map if isinstance(row.severity_map, dict) and row.severity_map else DEFAULT_MAP
    options = Options(per_alert=row.per_alert, key_in_body=False, severity_map=mapping)
    secrets = tuple(signing_secrets(row)) if row.signing_secret else None
    return Sender(row.pk, row.format, row.limit_per_minute, options, secrets)


def _remember(digest: str, sender: Sender | None, expires: float) -> None:
    if sender is not None:
        _known[digest] = (expires, sender)
        return
    _known.pop(digest, None)
    if len(_unknown) >= MAX_UNKNOWN:
        _unknown.clear()
    _unknown[digest] = expires


def _checked(key: str | None, format: str) -> str:
    if key is None:
        return keys.new_key(KEY_LENGTH)
    if not _KEY.fullmatch(key):
        raise KeyRefused(_("A key has 20 to 64 characters of A–Z, a–z, 0–9, _ and -."))
    if format == Integration.Format.PAGERDUTY and len(key) != KEY_LENGTH:
        raise KeyRefused(_("A PagerDuty routing key has exactly 32 characters."))
    return key


def _save_key(integration: Integration, key: str) -> None:
    integration.key_prefix = keys.prefix(key)
    integration.key_digest = keys.digest(key)
    if Integration.every.filter(key_digest=integration.key_digest).exclude(pk=integration.pk).exists():
        raise KeyRefused(_("Another integration has this key."))
    try:
        with transaction.atomic():
            # Of a row that exists only the key: its counters belong to the drain.
            integration.save(update_fields=["key_prefix", "key_digest"] if integration.pk else None)
    finally:
        forget_keys()
