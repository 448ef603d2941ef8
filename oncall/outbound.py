"""The one guarded way to addresses that people typed: look up once, check every answer, connect to just those."""

import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from functools import cache, lru_cache
from ipaddress import ip_network
from queue import Empty, SimpleQueue
from time import monotonic

import orjson
import requests
from django.conf import settings
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from requests_hardened import Config, HTTPSession
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from oncall.logic.addresses import Network, is_forbidden_ip, parse

MAX_RESPONSE_BYTES = 64 * 1024
LOOKUP_SECONDS = 5.0


class OutboundRefused(Exception):
    """The address leads to where messages may not go. Trying again does not help; the text is for people."""


class OutboundUnreachable(OutboundRefused):
    """The name has no address now, or the server did not answer in time. Trying again later may help."""


@dataclass(frozen=True, slots=True)
class Response:
    """What the other side answered; `text` is cut at 64 KiB."""

    status: int
    text: str
    retry_after: timedelta | None = None


def check_host(host: str) -> None:
    """Look the host up and raise `OutboundRefused` if any of its addresses is internal and not on OUTBOUND_ALLOW."""
    _approved(host, LOOKUP_SECONDS)


def check_address(address: str) -> None:
    """Parse an apprise address and check the host that it makes us call, if any; on save and again at sending.

    Raises `AddressError` (malformed or forbidden), `OutboundRefused` (internal), `OutboundUnreachable` (no such name).
    """
    host = parse(address).guarded_host
    if host is not None:
        check_host(host)


def post_json(url: str, body: object, headers: Mapping[str, str], timeout: float = 10) -> Response:
    """POST a value as JSON through `post`."""
    return post(url, orjson.dumps(body), {"Content-Type": "application/json", **headers}, timeout)


def post(
    url: str,
    data: bytes,
    headers: Mapping[str, str],
    timeout: float = 10,
    auth: tuple[str, str] | None = None,
    guarded: bool = True,
) -> Response:
    """POST to any URL: no redirects, no proxy, one look-up, `timeout` seconds for all of it, 64 KiB of answer.

    Raises `OutboundRefused` or `OutboundUnreachable`. `guarded=False` is for the operator's own addresses (environment).
    Once a status line has come the message counts as handed over: a body that drips or bloats is cut, not an error.
    """
    call = _Call(deadline=monotonic() + timeout, guarded=guarded)
    token = _call.set(call)
    timer = threading.Timer(timeout, call.cut)
    timer.daemon = True
    timer.start()
    try:
        with _session(timeout) as session:
            sent = {"Accept-Encoding": "identity", "Connection": "close", **headers}
            with session.post(url, data=data, headers=sent, auth=auth, timeout=timeout, stream=True) as answer:
                return Response(answer.status_code, _bounded_text(answer), _retry_after(answer.headers))
    except ValueError:  # requests' malformed URLs and headers are ValueErrors too
        raise OutboundRefused(_("The address cannot be called: it is malformed.")) from None
    except (requests.RequestException, OSError):
        if monotonic() >= call.deadline:
            raise OutboundUnreachable(_("No answer within %(seconds)d seconds.") % {"seconds": timeout}) from None
        raise OutboundUnreachable(_("The server could not be reached.")) from None
    finally:
        timer.cancel()
        call.close()
        _call.reset(token)


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
    extra = frozenset(_approved(host, LOOKUP_SECONDS)) if host and _host_is_allowed(host) else frozenset()
    token = _watched.set((extra, refused))
    try:
        yield refused
    finally:
        _watched.reset(token)


# --- looking up -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _allowed(entries: tuple[str, ...]) -> tuple[tuple[Network, ...], frozenset[str]]:
    """OUTBOUND_ALLOW as networks and host names; what is no network is a name."""
    networks, names = [], set()
    for entry in entries:
        try:
            networks.append(ip_network(entry.strip().strip("[]"), strict=False))
        except ValueError:
            names.add(entry.strip().rstrip(".").lower())
    return tuple(networks), frozenset(names - {""})


def _allow_list() -> tuple[tuple[Network, ...], frozenset[str]]:
    return _allowed(tuple(settings.OUTBOUND_ALLOW))


def _host_is_allowed(host: str) -> bool:
    return host.strip("[]").rstrip(".").lower() in _allow_list()[1]


def _approved(host: str, timeout: float) -> list[str]:
    """Every address of the host, all of them permitted; one forbidden answer refuses the host."""
    answers = _look_up(host.strip("[]"), timeout)
    if _host_is_allowed(host):
        return answers
    networks = _allow_list()[0]
    if any(is_forbidden_ip(answer, networks) for answer in answers):
        raise OutboundRefused(_refusal(host))
    return answers


def _refusal(host: str) -> str:
    return _("%(host)s is an internal address. Use a public one, or ask the operator to add it to OUTBOUND_ALLOW.") % {
        "host": host
    }


def _look_up(host: str, timeout: float) -> list[str]:
    """The addresses of a name, in the resolver's order, without repeats; in a thread, for resolvers keep no deadline."""
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


# --- our own HTTP calls -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Call:
    """One call's deadline and its socket, so that the timer can end it wherever it hangs."""

    deadline: float
    guarded: bool
    sockets: list[socket.socket] = field(default_factory=list)

    def watch(self, opened: socket.socket) -> None:
        # A duplicate stays valid when TLS takes the original over; shutting it down ends both.
        self.sockets.append(opened.dup())
        if monotonic() >= self.deadline:
            self.cut()

    def cut(self) -> None:
        for opened in self.sockets:
            try:
                opened.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def close(self) -> None:
        for opened in self.sockets:
            opened.close()


_call: ContextVar[_Call] = ContextVar("outbound_call")


class _Pinned(HTTPConnection):
    """A connection that goes to an address checked in the same look-up; TLS still verifies the name."""

    def _new_conn(self) -> socket.socket:
        call = _call.get()
        left = call.deadline - monotonic()
        answers = _approved(self._dns_host, left) if call.guarded else _look_up(self._dns_host, left)
        failure: OSError = TimeoutError()
        for answer in answers:
            left = call.deadline - monotonic()
            if left <= 0:
                break
            try:
                opened = socket.create_connection((answer, self.port), timeout=left)
            except OSError as error:
                failure = error
                continue
            call.watch(opened)
            return opened
        raise failure


class _PinnedTLS(_Pinned, HTTPSConnection):
    """The same with TLS."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Pinned


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _PinnedTLS


class _Adapter(HTTPAdapter):
    """Makes requests open our connections."""

    def init_poolmanager(self, *args: object, **kwargs: object) -> None:
        super().init_poolmanager(*args, **kwargs)  # type: ignore[arg-type]
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}


def _session(timeout: float) -> HTTPSession:
    """requests-hardened's session without redirects. Its own filter knows no allow-list and looks at one answer only."""
    session = HTTPSession(
        Config(
            ip_filter_enable=False,
            ip_filter_allow_loopback_ips=False,
            never_redirect=True,
            default_timeout=(timeout, timeout),
            user_agent_override="IncidentOps",
        )
    )
    session.trust_env = False  # neither a proxy variable nor .netrc may turn the call or add credentials
    session.mount("http://", _Adapter())
    session.mount("https://", _Adapter())
    return session


def _bounded_text(answer: requests.Response) -> str:
    got = bytearray()
    try:
        for chunk in answer.raw.stream(4096, decode_content=False):
            got += chunk
            if len(got) >= MAX_RESPONSE_BYTES:
                break
    except Exception:  # noqa: BLE001,S110 — whatever breaks now, the message is with the provider
        pass
    return bytes(got[:MAX_RESPONSE_BYTES]).decode("utf-8", "replace")


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Retry-After (RFC 9110 §10.2.3) as seconds, or as a date read against the answer's own Date; at most a day."""
    given = headers.get("Retry-After", "").strip()
    try:
        if given.isascii() and given.isdigit():
            wait = timedelta(seconds=min(int(given[:9]), 86_400))
        else:
            wait = parsedate_to_datetime(given) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError, IndexError):
        return None
    return min(max(wait, timedelta()), timedelta(days=1))


# --- other libraries' connections -------------------------------------------------------------------------------------

_watched: ContextVar[tuple[frozenset[str], list[str]] | None] = ContextVar("outbound_watched", default=None)


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
    if ip not in watched[0] and is_forbidden_ip(ip, _allow_list()[0]):
        watched[1].append(ip)
        raise PermissionError(f"{ip} is an internal address")


@cache
def _install_hook() -> None:
    """Once a process: a hook cannot be taken out again."""
    sys.addaudithook(_refuse_internal)
