"""Looking a name up and judging every answer: the rule on internal networks, and its exceptions in OUTBOUND_ALLOW."""

import socket
import threading
from functools import lru_cache
from ipaddress import ip_address, ip_network
from queue import Empty, SimpleQueue

from django.conf import settings
from django.utils.translation import gettext as _

from oncall.logic.addresses import Network, is_forbidden_ip, parse

LOOKUP_SECONDS = 5.0


class OutboundRefused(Exception):  # noqa: N818 — said as it is thought
    """The address leads to where messages may not go. Trying again does not help; the text is for people."""


class OutboundUnreachable(OutboundRefused):
    """The name has no address now, or the server did not answer in time. Trying again later may help."""


def check_host(host: str) -> None:
    """Look the host up and raise `OutboundRefused` if any of its addresses is internal and not on OUTBOUND_ALLOW."""
    approved(host, LOOKUP_SECONDS)


def check_address(address: str) -> None:
    """Parse an apprise address and check the host that it makes us call, if any; on save and again at sending.

    Raises `AddressError` (malformed or forbidden), `OutboundRefused` (internal), `OutboundUnreachable` (no such name).
    """
    host = parse(address).guarded_host
    if host is not None:
        check_host(host)


def check_literal(address: str) -> None:
    """As `check_address`, of what needs no look-up: a host written as a number, and localhost (RFC 6761 §6.3)."""
    host = parse(address).guarded_host
    if host is None or host_is_allowed(host):
        return
    local = f".{host.rstrip('.').lower()}".endswith(".localhost")
    if local or (_is_literal(host) and is_forbidden_ip(host, allow_list()[0])):
        raise OutboundRefused(_refusal(host))


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=8)
def _parsed(entries: tuple[str, ...]) -> tuple[tuple[Network, ...], frozenset[str]]:
    """OUTBOUND_ALLOW as networks and host names; what is no network is a name."""
    networks, names = [], set()
    for entry in entries:
        try:
            networks.append(ip_network(entry.strip().strip("[]"), strict=False))
        except ValueError:
            names.add(entry.strip().rstrip(".").lower())
    return tuple(networks), frozenset(names - {""})


def allow_list() -> tuple[tuple[Network, ...], frozenset[str]]:
    return _parsed(tuple(settings.OUTBOUND_ALLOW))


def host_is_allowed(host: str) -> bool:
    return host.strip("[]").rstrip(".").lower() in allow_list()[1]


def approved(host: str, timeout: float) -> list[str]:
    """Every address of the host, all of them permitted; one forbidden answer refuses the host."""
    answers = look_up(host.strip("[]"), timeout)
    if host_is_allowed(host):
        return answers
    networks = allow_list()[0]
    if any(is_forbidden_ip(answer, networks) for answer in answers):
        raise OutboundRefused(_refusal(host))
    return answers


def _refusal(host: str) -> str:
    return _("%(host)s is an internal address. Use a public one, or ask the operator to add it to OUTBOUND_ALLOW.") % {
        "host": host
    }


def look_up(host: str, timeout: float) -> list[str]:
    """A name's addresses in the resolver's order, without repeats; in a thread, for resolvers keep no deadline. A
    number is its own."""
    if _is_literal(host) and "%" not in host:
        return [host]
    box: SimpleQueue[list[str] | Exception] = SimpleQueue()

    def resolve() -> None:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            box.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except (OSError, UnicodeError, ValueError) as error:
            box.put(error)

    threading.Thread(target=resolve, daemon=True, name="outbound-lookup").start()
    try:
        answer = box.get(timeout=max(timeout, 0.01))
    except Empty:
        answer = TimeoutError()
    if isinstance(answer, Exception) or not answer:
        raise OutboundUnreachable(_("The name %(host)s has no address. Check its spelling.") % {"host": host})
    return answer
