"""Between the web server and Django: a body is read against a deadline before a thread is taken for its request."""

import asyncio
import gc
import io
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from django.conf import settings
from granian.rsgi import ProtocolClosed, ProtocolError  # type: ignore[attr-defined]  # they are not named as exports

from incidentops.processes.gathering import Answer, Environ, Gathering
from incidentops.wsgi import application as django
from incidents.api import door

BODY_SECONDS: Final = 10.0
MAX_BODY: Final = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1  # what is longer is cut here and refused by its view
# Requests that wait for a thread. More is an answer later than any sender waits.
MAX_WAITING: Final = 4_000
# A body this long costs milliseconds of one core: such go one after another, and short ones overtake them.
LONG_BODY: Final = 16 * 1024
# A thread that decodes a long body lets the others have the interpreter ten times as often as by default.
SWITCH_SECONDS: Final = 0.0005

_TEXT = ("content-type", "text/plain; charset=utf-8")
_CUT: Final[Answer] = (400, [_TEXT, ("connection", "close")], b"The body did not come whole; nothing was taken.\n")
_CODED: Final[Answer] = (400, [_TEXT, ("connection", "close")], b"Of transfer codings only chunked is read.\n")
_SLOW: Final[Answer] = (408, [_TEXT, ("connection", "close")], b"The body did not come in time.\n")
_BUSY: Final[Answer] = (503, [_TEXT, ("retry-after", "5")], b"Too many requests wait; nothing was taken.\n")
_FAULT: Final[Answer] = (500, [_TEXT], b"A fault of ours.\n")


class Cut(Exception):  # noqa: N818 — what happened to the body
    """The body did not come whole."""


class Front:
    """The application that the web server runs, one of it per process."""

    def __init__(self) -> None:
        self.waiting = 0

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        gc.freeze()  # what was loaded stays: no collection need look at it again
        self.pool = ThreadPoolExecutor(settings.WEB_THREADS, thread_name_prefix="web")
        self.long = asyncio.Semaphore(1)
        self.senders = Gathering(loop, _BUSY, _FAULT)

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        if scope.proto != "http":
            proto.close(403)
            return
        proto.response_bytes(*await self._answer(scope, proto))

    async def _answer(self, scope: Any, proto: Any) -> Answer:
        if self.waiting >= MAX_WAITING:
            return _BUSY
        if scope.headers.get("transfer-encoding", "chunked").strip().lower() != "chunked":
            return _CODED  # RFC 9112 §6.1; the server undoes one chunked and gives the rest as it came
        try:
            body = b"" if scope.method in ("GET", "HEAD") else await _body(scope, proto)
        except TimeoutError:
            return _SLOW
        except (Cut, ProtocolClosed, ProtocolError):
            return _CUT
        self.waiting += 1
        try:
            if len(body) < LONG_BODY:
                made = environ(scope, body)
                return await (self.senders.answer(made) if door.is_senders(scope.path) else self._in_a_thread(made))
            async with self.long:
                return await self._in_a_thread(environ(scope, body))
        except Exception:
            # Django answers for its own faults; this is one of ours.
            sys.excepthook(*sys.exc_info())
            return _FAULT
        finally:
            self.waiting -= 1

    async def _in_a_thread(self, environ: Environ) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self.pool, answer, environ)


async def _body(scope: Any, proto: Any) -> bytes:
    """The body, whole or as long as any view may take it.

    Raises `Cut` where the connection or its framing broke, TimeoutError where it did not come within 10 seconds.
    """
    declared = scope.headers.get("content-length", "")
    async with asyncio.timeout(BODY_SECONDS):
        if declared.isascii() and declared.isdigit() and int(declared[:12]) < LONG_BODY:
            body: bytes = await proto()  # at once, which is cheaper; the server reads no more than was declared
            if len(body) != int(declared):
                raise Cut
            return body
        return await _parts(proto)


async def _parts(proto: Any) -> bytes:
    """granian ends a broken body as it ends a whole one, only that an empty part comes before the empty one at its end.

    Trailers look the same; no sender of ours writes them.
    """
    parts: list[bytes] = []
    length = 0
    async for part in proto:
        if parts and not parts[-1]:
            raise Cut
        parts.append(part)
        length += len(part)
        if length >= MAX_BODY:
            break
    return b"".join(parts)[:MAX_BODY]


def environ(scope: Any, body: bytes) -> Environ:
    """What PEP 3333 asks for: text is bytes read as latin-1."""
    address, _, port = scope.server.rpartition(":")
    made: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": _latin(scope.path),
        "QUERY_STRING": _latin(scope.query_string),
        "SERVER_NAME": address,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": settings.WEB_PROCESSES > 1,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue  # it would pass for another header's name
        key = "HTTP_" + name.upper().replace("-", "_")
        joint = "; " if name == "cookie" else ","
        made[key] = f"{made[key]}{joint}{_latin(value)}" if key in made else _latin(value)
    made["CONTENT_TYPE"] = made.pop("HTTP_CONTENT_TYPE", "")
    made["CONTENT_LENGTH"] = made.pop("HTTP_CONTENT_LENGTH", str(len(body)) if body else "")
    if scope.authority:
        made.setdefault("HTTP_HOST", scope.authority)
    return made


def answer(environ: Environ) -> Answer:
    """Django's answer, whole: nothing here streams without end."""
    began: list[tuple[int, list[tuple[str, str]]]] = []

    def start(status: str, headers: Iterable[tuple[str, str]], exc_info: Any = None) -> Any:
        began.append((int(status.split(" ", 1)[0]), list(headers)))

    response = django(environ, start)
    try:
        body = b"".join(response)
    finally:
        response.close()
    status, headers = began[0]
    return status, headers, body


def _latin(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


application = Front()
