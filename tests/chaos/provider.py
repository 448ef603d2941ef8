"""A provider with moods: it takes messages, thinks for long, breaks off, or answers 500 and 429; it keeps a log."""

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from tests.services.running import LOOPBACK


class Mood(StrEnum):
    WELL = "well"
    HANGS = "hangs"  # takes the message, answers when nobody listens any more
    BREAKS = "breaks"  # takes the message, then resets the connection
    FAILS = "fails"  # 500
    BUSY = "busy"  # 429


HANG_SECONDS = 12.0  # longer than a sender waits
ANSWERS = {Mood.FAILS: 500, Mood.BUSY: 429}


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it came in: when (monotonic seconds), to whom, under which key, and what it was answered."""

    at: float
    to: str
    key: str
    title: str
    mood: Mood

    @property
    def taken(self) -> bool:
        """Whether the reader has it, whatever the sender was told."""
        return self.mood not in ANSWERS


@dataclass(eq=False)
class Provider:
    port: int = 0
    mood: Mood = Mood.WELL
    log: list[Arrival] = field(default_factory=list)
    healed: threading.Event = field(default_factory=threading.Event)

    def feel(self, mood: Mood) -> None:
        self.mood = mood


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        sent = self.rfile.read(length)
        if len(sent) < length:
            return  # its sender was killed over it: nobody has such a message
        body = orjson.loads(sent)
        mood = self.provider.mood
        key = self.headers.get("X-Idempotency-Key", "")
        self.provider.log.append(Arrival(time.monotonic(), self.path.strip("/"), key, body["title"], mood))
        if mood is Mood.HANGS:
            self.provider.healed.wait(HANG_SECONDS)
        if mood is Mood.BREAKS:
            linger = struct.pack("ii", 1, 0)  # closing then resets
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            self.connection.close()
            return
        try:
            self.send_response(ANSWERS.get(mood, 200))
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")
        except OSError:
            return

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            return

    def log_message(self, *args: Any) -> None:
        return


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that went away is no error of ours."""


@contextmanager
def serving() -> Iterator[Provider]:
    provider = Provider()
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = _Server((LOOPBACK, 0), handler)
    provider.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield provider
    finally:
        provider.healed.set()
        server.shutdown()
        server.server_close()
