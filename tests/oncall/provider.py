"""A fake provider: a real HTTP server on loopback that keeps what it gets and answers as told."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any

import pytest


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.time)  # when it was read


@dataclass
class Provider:
    port: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    delay_seconds: float = 0.0  # how long it thinks before it answers
    requests: list[Request] = field(default_factory=list)


@contextmanager
def serving(
    wrap: Callable[[socket.socket], socket.socket] | None = None, host: str = "127.0.0.1"
) -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:
                return  # its sender died over it: nobody has such a message
            provider.requests.append(Request(self.command, self.path, dict(self.headers), body))
            time.sleep(provider.delay_seconds)
            self.send_response(provider.status)
            for name, value in {"Content-Length": str(len(provider.body)), **provider.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(provider.body)
            except OSError:
                return

        do_GET = do_PUT = do_POST  # noqa: N815 — the base class's names

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    if wrap is not None:
        server.socket = wrap(server.socket)
    provider.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def speaking(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """A raw server whose every connection is handled by `talk`, until the event is set; yields its port."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=handle, args=(connection,), daemon=True).start()

    def handle(connection: socket.socket) -> None:
        with connection:
            try:
                talk(connection, over)
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        over.set()
        listener.close()


def drip(data: bytes, repeat: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Say `data` at once, then `repeat` ten times a second until the other side gives up."""

    def talk(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(data)
        while not over.wait(0.1):
            connection.sendall(repeat)

    return talk


class Names:
    """A name server for tests: names ending in .test, each with its answers in turn (the last one stays)."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []
        self._real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)

    def _look_up(self, host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        name = (host.decode() if isinstance(host, bytes) else str(host)).lower()
        if not name.rstrip(".").endswith(".test"):
            return self._real(host, port, *args, **kwargs)
        self.asked.append(name)
        turns = self.answers.get(name.rstrip("."))
        if turns is None:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        answer = turns.pop(0) if len(turns) > 1 else turns[0]
        return [
            (
                socket.AF_INET6 if ip_address(ip).version == 6 else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (ip, int(port or 0)) if ip_address(ip).version == 4 else (ip, int(port or 0), 0, 0),
            )
            for ip in answer
        ]
