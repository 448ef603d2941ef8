"""A load generator: many connections of one thread, as fast as they are answered or at a steady rate, bounded."""

import re
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

LOOPBACK = "127.0.0.1"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_PATIENCE_SECONDS = 15.0


@dataclass(eq=False)
class Tally:
    """What the answers said, how long each took (seconds; at a steady rate from when it was to be sent)."""

    statuses: Counter[str] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    @property
    def accepted(self) -> int:
        return self.statuses["202"]


@dataclass(eq=False, slots=True)
class _Line:
    """One connection; what it waits for."""

    sock: socket.socket
    due: float = 0.0
    answer: bytes = b""


def post(path: str, body: str) -> Callable[[int], bytes]:
    """Requests whose body has the request's number, ten digits, where `body` says NUMBER."""
    head, _, tail = body.partition("NUMBER")
    length = len(head.encode()) + len(tail.encode()) + (10 if "NUMBER" in body else 0)
    lines = f"POST {path} HTTP/1.1\r\nHost: {LOOPBACK}\r\nContent-Type: application/json\r\nContent-Length: {length}"
    before, after = f"{lines}\r\n\r\n{head}".encode(), tail.encode()
    return lambda number: b"%s%010d%s" % (before, number, after) if tail else before


def send(
    port: int, request: Callable[[int], bytes], *, connections: int, seconds: float, rate: float = 0.0, first: int = 0
) -> Tally:
    """Send `request(first)`, `request(first + 1)` … for so long; each connection waits for its answer.

    `rate` (a second) makes it an open loop: a request that must wait for a free connection counts as late. Answers
    still under way at the end are waited for.
    """
    tally, lines = Tally(), [_Line(_connected(port)) for _connection in range(connections)]
    free, number = list(lines), first
    cpu, began = time.process_time(), time.perf_counter()
    until, clock = began + seconds, time.perf_counter
    with selectors.DefaultSelector() as selector:
        for line in lines:
            selector.register(line.sock, selectors.EVENT_READ, line)
        while (at := clock()) < until or (len(free) < len(lines) and at < until + _PATIENCE_SECONDS):
            while free and at < until:
                due = began + (number - first) / rate if rate else at
                if due > at:
                    break
                line = free.pop()
                line.due = due
                line.sock.sendall(request(number))
                number += 1
            pause = max(began + (number - first) / rate - at, 0.0) if rate and free and at < until else 0.2
            for key, _events in selector.select(pause):
                if _heard(key.data, tally):
                    free.append(key.data)
    tally.seconds, tally.cpu_seconds = min(clock(), until) - began, time.process_time() - cpu
    for line in lines:
        line.sock.close()
    return tally


def _heard(line: _Line, tally: Tally) -> bool:
    """Whether the answer is complete; it is counted then."""
    part = line.sock.recv(65536)
    if not part:
        raise ConnectionError(f"The server hung up after {line.answer!r}")
    line.answer += part
    end = line.answer.find(b"\r\n\r\n")
    if end < 0 or len(line.answer) < end + 4 + _length(line.answer[:end]):
        return False
    tally.statuses[line.answer[9:12].decode()] += 1
    tally.took.append(time.perf_counter() - line.due)
    line.answer = b""
    return True


def _length(head: bytes) -> int:
    found = _LENGTH.search(head)
    return int(found[1]) if found else 0


def _connected(port: int) -> socket.socket:
    made = socket.create_connection((LOOPBACK, port), timeout=_PATIENCE_SECONDS)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made
