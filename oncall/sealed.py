"""Secrets that we must be able to read again, such as a sender's signing secret: encrypted where they are stored."""

import base64
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac

_SALT: Final = "oncall.sealed"


def seal(secret: str) -> str:
    """What is stored of `secret`: encrypted and signed under a key derived from SECRET_KEY."""
    return _box().encrypt(secret.encode()).decode()


def unseal(stored: str) -> str | None:
    """The secret again; None where SECRET_KEY is another one than when it was sealed, or nothing was."""
    try:
        return _box().decrypt(stored.encode()).decode()
    except InvalidToken:
        return None


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(salted_hmac(_SALT, "box", algorithm="sha256").digest()))
