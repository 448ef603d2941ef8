"""Ways of sending, one file each, behind the protocol of `base`."""

from typing import Final

from django.conf import settings

from oncall.transports.apprise import AppriseTransport
from oncall.transports.base import Message, Receipt, Transport
from oncall.transports.console import ConsoleTransport
from oncall.transports.email import EmailTransport
from oncall.transports.loopback import LoopbackTransport

__all__ = ["REGISTRY", "Message", "Receipt", "Transport", "for_address"]

REGISTRY: Final[dict[str, Transport]] = {
    transport.name: transport
    for transport in (EmailTransport(), AppriseTransport(), ConsoleTransport(), LoopbackTransport())
}


def for_address(address: str) -> Transport:
    """The transport for an address: apprise for scheme://…, else mail, which a demo without EMAIL_URL writes to the
    terminal. Does not judge the address; `send` answers for a bad one."""
    if "://" in address:
        return REGISTRY["apprise"]
    return REGISTRY["console" if settings.CONSOLE_TRANSPORT else "email"]
