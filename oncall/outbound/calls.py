"""Our own HTTP calls to addresses that people typed: one look-up, only its answers, no redirects, all of it bounded."""

import socket
from collections.abc import Mapping
from contextlib import closing
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from time import monotonic

import orjson
import requests
from django.utils.translation import gettext as _
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from oncall.outbound import deadlines
from oncall.outbound.lookup import OutboundRefused, OutboundUnreachable, approved, look_up

MAX_RESPONSE_BYTES = 64 * 1024
_OWN_HEADERS = {"User-Agent": "IncidentOps", "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}


@dataclass(frozen=True, slots=True)
class Response:
    """What the other side answered; `text` is cut at 64 KiB."""

    status: int
    text: str
    retry_after: timedelta | None = None


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

    Raises `OutboundRefused` or `OutboundUnreachable`. `guarded=False` is for the operator's own addresses.
    Once a status line has come the message counts as handed over: a body that drips or bloats is cut, not an error.
    """
    call = _Call(deadline=monotonic() + timeout, guarded=guarded)
    token = _call.set(call)
    deadlines.watch(call)
    try:
        request = requests.Request("POST", url, {**_OWN_HEADERS, **headers}, data=data, auth=auth).prepare()
        with closing(_Adapter()) as adapter, adapter.send(request, timeout=timeout, stream=True) as answer:
            return Response(answer.status_code, _bounded_text(answer), _retry_after(answer.headers))
    except ValueError:  # requests' malformed URLs and headers are ValueErrors too
        raise OutboundRefused(_("The address cannot be called: it is malformed.")) from None
    except (requests.RequestException, OSError):
        if monotonic() >= call.deadline:
            raise OutboundUnreachable(_("No answer within %(seconds)d seconds.") % {"seconds": timeout}) from None
        raise OutboundUnreachable(_("The server could not be reached.")) from None
    finally:
        call.close()
        _call.reset(token)


@dataclass(slots=True)
class _Call:
    """One call's deadline and its socket, so that it can be ended wherever it hangs."""

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
        answers = approved(self._dns_host, left) if call.guarded else look_up(self._dns_host, left)
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
    """requests' one call at a time, over our connections. Without its session, which would follow redirects, take
    proxies and credentials from the environment, and cost more than the call."""

    def init_poolmanager(self, *args: object, **kwargs: object) -> None:
        super().init_poolmanager(*args, **kwargs)  # type: ignore[arg-type]
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _PoolTLS}


def _bounded_text(answer: requests.Response) -> str:
    got = bytearray()
    try:
        for chunk in answer.raw.stream(4096, decode_content=False):
            got += chunk
            if len(got) >= MAX_RESPONSE_BYTES:
                break
    except Exception:  # noqa: S110 — whatever breaks now, the message is with the provider
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
