"""Other libraries' connections: they look names up themselves, so each connection is judged as it is opened."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

from oncall.logic.addresses import is_forbidden_ip
from oncall.outbound.lookup import LOOKUP_SECONDS, allow_list, approved, host_is_allowed

_watched: ContextVar[tuple[frozenset[str], list[str]] | None] = ContextVar("outbound_watched", default=None)


@contextmanager
def guarded_connections(host: str | None) -> Iterator[list[str]]:
    """Refuse every connection that this code, and threads it hands its context to, opens to an internal address.

    For libraries that look names up themselves: it closes the gap between our look-up and theirs (a name that changes
    its answer in between), and holds for whatever they call besides. Yields a list that collects what was refused.
    `host` is the host checked before; one that OUTBOUND_ALLOW names may resolve to anything. A forward proxy from the
    environment is a connection like others: an internal one must stand on OUTBOUND_ALLOW.
    """
    _install_hook()
    refused: list[str] = []
    extra = frozenset(approved(host, LOOKUP_SECONDS)) if host and host_is_allowed(host) else frozenset()
    token = _watched.set((extra, refused))
    try:
        yield refused
    finally:
        _watched.reset(token)


def _refuse_internal(
    event: str, args: tuple[object, ...], events: frozenset[str] = frozenset({"socket.connect", "socket.sendto"})
) -> None:
    """Python's audit hook (PEP 578): sees each connection of the process before it is opened, and may stop it."""
    if event not in events:
        return
    watched = _watched.get()
    target = args[1]
    if watched is None or not isinstance(target, tuple):
        return
    ip = str(target[0])
    if ip not in watched[0] and is_forbidden_ip(ip, allow_list()[0]):
        watched[1].append(ip)
        raise PermissionError(f"{ip} is an internal address")


@cache
def _install_hook() -> None:
    """Once a process: a hook cannot be taken out again."""
    sys.addaudithook(_refuse_internal)
