"""The long tail of channels: vendors' services through apprise, web hooks through our own client."""

import logging
import re
from functools import cache
from importlib import import_module
from typing import Any

from django.utils.translation import gettext as _

from oncall.logic.addresses import SCHEMES, Address, AddressError, parse
from oncall.outbound import OutboundRefused, OutboundUnreachable, check_host, guarded_connections
from oncall.text import one_line, plain
from oncall.transports import webhook
from oncall.transports.base import Message, Receipt, full_text

# apprise answers yes or no; the provider's status stands only in what it logs.
_STATUS = re.compile(r"\berror=([1-5]\d\d)\b")
_RETRY_STATUSES = {408, 425, 429}
# Words that chat tools turn into a call to everybody; what a sender typed must not ring a whole room.
_MENTIONS = re.compile(r"@(?=(?:everyone|here|channel|all)\b)|<(?=[@!#])", re.IGNORECASE)


class AppriseTransport:
    """A fresh apprise object with one target for each message: its throttle sleeps between an object's requests."""

    name = "apprise"

    def accepts(self, address: str) -> bool:
        try:
            parse(address)
        except AddressError:
            return False
        return True

    def send(self, message: Message, timeout: float) -> Receipt:
        """Send, the address checked once more: what it resolves to may have changed since it was saved."""
        try:
            address = parse(message.to)
            if address.callback:
                return webhook.send(message, timeout)
            if not message.guarded:
                return _notify(message, address, timeout)
            if address.guarded_host is not None:
                check_host(address.guarded_host)
            with guarded_connections(address.guarded_host) as refused:
                receipt = _notify(message, address, timeout)
            if refused and not receipt.ok:
                detail = _("%(ip)s is an internal address; the operator can add it to OUTBOUND_ALLOW")
                return Receipt(ok=False, detail=detail % {"ip": one_line(refused[0])})
        except OutboundUnreachable as error:
            return Receipt(ok=False, detail=str(error), retry=True)
        except (AddressError, OutboundRefused) as error:
            return Receipt(ok=False, detail=str(error))
        return receipt


@cache
def load() -> Any:
    """Import apprise and its plug-ins (about a second, 25 MB) and switch off all but those on our list.

    Once a process: the worker that sends calls it when it starts, so that the first page does not wait for it.
    """
    module = import_module("apprise")
    import_module("apprise.manager_plugins").NotificationManager().enable_only(*SCHEMES)
    logging.getLogger("apprise").setLevel(logging.WARNING)  # below that it logs bodies
    return module


def _notify(message: Message, address: Address, timeout: float) -> Receipt:
    library = load()
    service = library.Apprise.instantiate(message.to, asset=_asset(library, timeout))
    if service is None:
        return Receipt(ok=False, detail=_("the address is not one that %s:// understands") % address.scheme)
    # What the address may have set and we do not leave to it.
    service.retry, service.optional, service.redirects, service.request_rate_per_sec = 0, False, False, 0
    service.socket_connect_timeout = service.socket_read_timeout = timeout
    service.overflow_mode = library.OverflowMode.TRUNCATE
    if len(service) > 1:
        return Receipt(ok=False, detail=_("the address names several targets; make a contact method for each"))
    high = message.urgency == "high"
    if high and address.scheme in {"ntfy", "ntfys"} and "priority=" not in message.to:
        service.priority = "max"  # the one that rings through an Android phone's do-not-disturb
    sender = library.Apprise(asset=service.asset)
    sender.add(service)
    # Many services put the title into the body, with a line break and a reserve of twelve for "[1/2]".
    room = service.body_maxlen - service.overflow_buffer
    title = _harmless(one_line(message.subject, limit=max(min(200, room // 3), 10)))
    result = sender.notify(
        body=_fitted(message, room - len(title) - 20),
        title=title,
        notify_type=library.NotifyType.FAILURE if high else library.NotifyType.INFO,
        body_format=library.NotifyFormat.TEXT,
        timeout=timeout,
    )
    return Receipt(ok=True, detail=_("handed to %s") % service.service_name) if result else _failure(result, service)


def _asset(library: Any, timeout: float) -> Any:
    """Settings of one message: in this thread, no redirects, nothing kept on disk, no pictures from a third party."""
    return library.AppriseAsset(
        app_id="IncidentOps",
        app_desc="IncidentOps",
        async_mode=False,
        http_redirects=False,
        secure_logging=True,
        interpret_emojis=False,
        pgp_autogen=False,
        pem_autogen=False,
        image_url_mask="",
        image_url_logo="",
        image_path_mask="",
        storage_mode=library.PersistentStoreMode.MEMORY,
        service_timeout=timeout,
    )


def _failure(result: Any, service: Any) -> Receipt:
    """Why it failed: a 4xx of the provider is final (save busy and timeout), everything else may pass."""
    logged = " ".join(str(entry.message) for entry in result.logs())
    status = next((int(found) for found in reversed(_STATUS.findall(logged))), None)
    if status is None:
        return Receipt(ok=False, detail=_("%s could not be reached") % service.service_name, retry=True)
    if 400 <= status < 500 and status not in _RETRY_STATUSES:
        return Receipt(ok=False, detail=_("provider refused (%d)") % status)
    return Receipt(ok=False, detail=_("provider answered %d") % status, retry=True)


def _fitted(message: Message, room: int) -> str:
    """The body cut to what the service takes, the link kept: without it nobody can answer."""
    text = _harmless(plain(full_text(message)))
    room -= 5 * sum(text.count(character) for character in "&<>\"'")  # escaped later, where the service reads markup
    if len(text) <= room:
        return text
    tail = f"…\n{message.link}" if message.link else "…"
    return _harmless(plain(message.text))[: max(room - len(tail), 0)].rstrip() + tail


def _harmless(text: str) -> str:
    return _MENTIONS.sub(lambda found: f"{found[0]}\u200b", text)
