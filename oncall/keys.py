"""Secrets that people and senders carry: hashed keys and tokens, and signed links that need no row."""

import base64
import hashlib
import hmac
import re
import secrets
import string
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from oncall.models import ApiToken, User

PAGE_LIFETIME: Final = timedelta(hours=24)
MAX_API_TOKENS: Final = 50
USED_EVERY: Final = timedelta(minutes=1)

_ALPHABET: Final = string.ascii_letters + string.digits
_MAC_BYTES: Final = 16  # 128 bit
_PAGE: Final = struct.Struct(">QQQ")  # page, person (0: nobody in particular), seconds since 1970
_LINK: Final = struct.Struct(">8sQQ8s")  # purpose, number, seconds since 1970, stamp


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a link to a page says. `person_id` is whose message it stood in, None for a shared address."""

    page_id: int
    person_id: int | None
    issued_at: datetime
    expired: bool


@dataclass(frozen=True, slots=True)
class SignedLink:
    """What a link of /l/ says; how long it holds is its purpose's own rule."""

    purpose: str
    number: int
    stamp: str
    issued_at: datetime


def new_key(length: int = 32) -> str:
    """A random key of letters and digits; 32 of them carry 190 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def digest(key: str) -> str:
    """What is stored of a key: HMAC-SHA256 under a key derived from SECRET_KEY, as 64 hex digits."""
    return salted_hmac("oncall.keys.digest", key, algorithm="sha256").hexdigest()


def prefix(key: str) -> str:
    """What may be shown of a key, so that people can tell theirs apart: never more than a quarter of it."""
    return key[: min(8, len(key) // 4)]


class TooManyTokens(Exception):  # noqa: N818
    """Somebody has MAX_API_TOKENS that are good."""


def issue_api_token(user: User, scope: str, now: datetime, name: str = "") -> str:
    """Make a token of `ApiToken.Scope` for `user`. The text is returned this once and not stored.

    Raises TooManyTokens.
    """
    if ApiToken.objects.filter(user=user, revoked_at=None).count() >= MAX_API_TOKENS:
        raise TooManyTokens(_("That is enough: revoke one first."))
    token = f"iop_{new_key(40)}"
    ApiToken.objects.create(
        user=user, name=name, prefix=token[:8], digest=digest(token), scope=ApiToken.Scope(scope), created_at=now
    )
    return token


def find_api_token(token: str, now: datetime) -> ApiToken | None:
    """The live token of an active person with this text, its last use noted at most once a minute."""
    if not 20 <= len(token) <= 100:
        return None
    found = (
        ApiToken.objects.select_related("user")
        .filter(digest=digest(token), revoked_at=None, user__is_active=True)
        .first()
    )
    if found and (found.last_used_at is None or found.last_used_at <= now - USED_EVERY):
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_EVERY)
        ApiToken.objects.filter(stale, pk=found.pk).update(last_used_at=now)
        found.last_used_at = now
    return found


def page_link(page_id: int, person_id: int | None, now: datetime) -> str:
    """The address of a page on a phone, good for 24 hours: self-contained, so that no row is written for it."""
    return f"{settings.SITE_URL}/p/{_seal('page', _PAGE.pack(page_id, person_id or 0, _seconds(now)))}/"


def read_page_token(token: str, now: datetime) -> Ticket | None:
    """What the token of /p/<token>/ says; None unless we made it. An old one is still readable, marked expired."""
    payload = _open("page", token, _PAGE.size)
    if payload is None:
        return None
    page_id, person_id, seconds = _PAGE.unpack(payload)
    issued_at = datetime.fromtimestamp(seconds, UTC)
    return Ticket(page_id, person_id or None, issued_at, expired=now >= issued_at + PAGE_LIFETIME)


def signed_link(purpose: str, number: int, stamp: str, now: datetime) -> str:
    """An address of /l/<token>/. `purpose` is a word of at most 8 ASCII letters; `stamp` (16 hex digits) binds the
    link to one state of what it is about, so that it dies when that changes."""
    payload = _LINK.pack(purpose.encode("ascii"), number, _seconds(now), bytes.fromhex(stamp))
    return f"{settings.SITE_URL}/l/{_seal('link', payload)}/"


def read_signed_link(token: str) -> SignedLink | None:
    """What the token of /l/<token>/ says; None unless we made it."""
    payload = _open("link", token, _LINK.size)
    if payload is None:
        return None
    purpose, number, seconds, stamp = _LINK.unpack(payload)
    return SignedLink(purpose.rstrip(b"\0").decode(), number, stamp.hex(), datetime.fromtimestamp(seconds, UTC))


def reader_link(purpose: str, number: int) -> str:
    """An address that stands in a stored message and opens nothing: `for_reader` makes it the reader's own."""
    return f"{settings.SITE_URL}/l/reader-{purpose}-{number}/"


def for_reader(text: str, person_id: int | None, posted_at: datetime) -> str:
    """The text with every `reader_link` signed for the person it is sent to, whose key is the link's stamp; what is
    stored thus opens nothing. Whoever wrote such an address into a text gets no more than a link for its reader."""
    if person_id is None or "/l/reader-" not in text:
        return text
    stamp = reader_stamp(person_id)
    return _reader_links(settings.SITE_URL).sub(
        lambda found: signed_link(found[1], int(found[2]), stamp, posted_at), text
    )


@lru_cache(maxsize=8)
def _reader_links(site: str) -> re.Pattern[str]:
    return re.compile(re.escape(site) + r"/l/reader-([a-z]{1,8})-([1-9]\d{0,17})/")


def reader_stamp(person_id: int) -> str:
    """The stamp of the links of one reader."""
    return f"{person_id:016x}"


def _seconds(now: datetime) -> int:
    return int(now.timestamp())


def _mac(salt: str, payload: bytes) -> bytes:
    return hmac.digest(_mac_key(salt, settings.SECRET_KEY), payload, "sha256")[:_MAC_BYTES]


@lru_cache(maxsize=8)
def _mac_key(salt: str, secret: str) -> bytes:
    """The key that `salted_hmac` derives, once for all links."""
    return hashlib.sha256(f"oncall.keys.{salt}{secret}".encode()).digest()


def _seal(salt: str, payload: bytes) -> str:
    return base64.urlsafe_b64encode(payload + _mac(salt, payload)).decode().rstrip("=")


def _open(salt: str, token: str, size: int) -> bytes | None:
    """The payload under a valid seal; one text only is right for each, whatever the decoder would let pass."""
    if len(token) > 200 or not token.isascii():
        return None
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    payload = raw[:size]
    if len(raw) != size + _MAC_BYTES or not constant_time_compare(token, _seal(salt, payload)):
        return None
    return payload
