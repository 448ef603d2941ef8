"""Is a body from who says so? An HMAC over its timestamp and bytes, no older or newer than five minutes.

Two published forms are read: Standard Webhooks (webhook-id, webhook-timestamp, webhook-signature: `v1,` and base64 of
HMAC-SHA256 over `id.timestamp.body`, several separated by spaces) and Grafana's contact point (hex HMAC-SHA256 over
`timestamp:body`; its timestamp header is to be named X-Grafana-Alerting-Timestamp there).
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

TOLERANCE: Final = timedelta(minutes=5)
PREFIX: Final = "whsec_"
MIN_BYTES: Final = 24  # the least that Standard Webhooks asks for
MAX_LENGTH: Final = 100
_MAX_HEADER: Final = 1024
_SECONDS: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_HEX: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Forged(ValueError):  # noqa: N818 — it reads as what happened
    """The signature does not hold; the text says why, in words for whoever configures the sender."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A body whose signature holds. `message_id` is the same when its sender tries again, `signed_at` (UTC) is not."""

    message_id: str
    signed_at: datetime


def check(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> Signed:
    """The body as signed with one of `secrets`; `headers` finds its names in lower case. Raises Forged."""
    stated = {name: headers.get(name, "") for name in _NAMES}
    if any(len(value) > _MAX_HEADER or not value.isascii() for value in stated.values()):
        raise Forged("A signature header is too long or not ASCII.")
    if stated["webhook-signature"]:
        return _standard(stated, body, secrets, now)
    if stated["x-grafana-alerting-signature"]:
        return _grafana(stated, body, secrets, now)
    raise Forged("This integration takes signed bodies only: send webhook-id, webhook-timestamp and webhook-signature.")


def problem(secret: str) -> str:
    """Why `secret` cannot be a signing secret; "" where it can."""
    if len(secret) > MAX_LENGTH or not secret.isascii() or not secret.isprintable() or " " in secret:
        return f"A signing secret has at most {MAX_LENGTH} printable ASCII characters."
    if len(_standard_key(secret) or secret.encode()) < MIN_BYTES:
        return f"A signing secret holds at least {MIN_BYTES} bytes: {PREFIX} and base64, or as many characters."
    return ""


_NAMES: Final = (
    *("webhook-id", "webhook-timestamp", "webhook-signature"),
    *("x-grafana-alerting-signature", "x-grafana-alerting-timestamp"),
)


def _standard(stated: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> Signed:
    message_id = stated["webhook-id"]
    if not message_id:
        raise Forged("webhook-id is missing.")
    signed_at = _instant(stated["webhook-timestamp"], "webhook-timestamp", now)
    given = [_decoded(each[3:]) for each in stated["webhook-signature"].split(" ") if each.startswith("v1,")]
    said = f"{message_id}.{stated['webhook-timestamp']}.".encode() + body
    _match(given, said, secrets, _standard_key)
    return Signed(message_id, signed_at)


def _grafana(stated: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime) -> Signed:
    timestamp, signature = stated["x-grafana-alerting-timestamp"], stated["x-grafana-alerting-signature"]
    if not _HEX.fullmatch(signature):
        raise Forged("X-Grafana-Alerting-Signature is not a hex HMAC-SHA256.")
    signed_at = _instant(timestamp, "X-Grafana-Alerting-Timestamp", now)
    _match([bytes.fromhex(signature)], f"{timestamp}:".encode() + body, secrets, str.encode)
    return Signed(signature, signed_at)


def _instant(seconds: str, name: str, now: datetime) -> datetime:
    if not _SECONDS.fullmatch(seconds):
        raise Forged(f"{name} is missing or not in seconds since 1970.")
    if abs(int(seconds) - now.timestamp()) > TOLERANCE.total_seconds():
        raise Forged(f"{name} is more than five minutes away from our clock, which says {now.timestamp():.0f}.")
    return datetime.fromtimestamp(int(seconds), UTC)


def _match(given: Sequence[bytes], said: bytes, secrets: Sequence[str], key_of: Callable[[str], bytes | None]) -> None:
    expected = [hmac.digest(key, said, hashlib.sha256) for secret in secrets if (key := key_of(secret))]
    if not any(hmac.compare_digest(right, each) for right in expected for each in given):
        raise Forged("The signature does not match the body, its timestamp and the signing secret.")


def _standard_key(secret: str) -> bytes | None:
    return _decoded(secret.removeprefix(PREFIX)) if secret.startswith(PREFIX) else None


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
