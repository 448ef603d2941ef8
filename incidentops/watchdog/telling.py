"""Tells the contact list without outbox, broker or database: each contact by its own thread, again until it went."""

import random
from collections.abc import Callable, Iterable
from threading import Event, Thread
from typing import Final

import structlog

from incidentops.watchdog.contacts import Contact
from incidentops.watchdog.words import Words
from oncall.engine import dispatch
from oncall.logic.addresses import masked

log = structlog.get_logger(__name__)

#: Seconds before each try: the network that keeps the database away may keep a provider away too.
TRIES: Final = (0, 10, 20, 40, 60, 60, 120, 240, 480, 480)

Begin = Callable[[Callable[[], None]], None]


def in_a_thread(carry: Callable[[], None]) -> None:
    Thread(target=carry, name="tell", daemon=True).start()


class Teller:
    """Keeps at it until the next news; then only that is told."""

    def __init__(self, begin: Begin = in_a_thread) -> None:
        self.begin = begin
        self.overtaken = Event()

    def tell(self, contacts: Iterable[Contact], words: Words) -> None:
        self.overtaken.set()
        overtaken = self.overtaken = Event()
        key = f"watchdog:{random.getrandbits(64):x}"
        told = False
        for contact in contacts:
            told = True
            self.begin(lambda contact=contact: _carry(contact, key, words, overtaken))  # type: ignore[misc]
        if not told:
            log.error("nobody_to_tell", hint="Set FALLBACK_CHANNEL_URL.")


def _carry(contact: Contact, key: str, words: Words, overtaken: Event) -> None:
    """One key for all tries, so that a receiver can tell a repeat."""
    to = masked(contact.address)
    for wait_seconds in TRIES:
        if overtaken.wait(wait_seconds):
            return
        try:
            receipt = dispatch.send_direct(contact.address, *words, key=key, guarded=contact.guarded)
        except Exception:
            log.exception("watchdog_could_not_tell", to=to)
            continue
        log.warning("watchdog_told" if receipt.ok else "watchdog_could_not_tell", to=to, detail=receipt.detail)
        if receipt.ok or not receipt.retry:
            return
