"""Forgets signed messages that nobody could replay any more."""

from datetime import datetime

from incidents import signing


def run(now: datetime) -> int:
    """How many were forgotten."""
    return signing.forget(now)
