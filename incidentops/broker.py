"""The broker that needs no server: each message is a file in a folder.

Kombu's own transport of this kind shows a file before it is written, which ends the worker that reads it, and needs an
extra package on Windows. This one puts whole files only, and passes over what it cannot read.
"""

import contextlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import structlog
from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, virtual
from kombu.utils.json import dumps, loads

log = structlog.get_logger(__name__)

SCHEME = "filesystem"


def use_it() -> None:
    """Let `filesystem://` mean this transport and `redis://` our mended one; before the first connection."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
    TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = "incidentops.broker_redis:Transport"


class Channel(virtual.Channel):
    """Files named <instant>-<random>.<queue>.msg; being written or read they are named otherwise."""

    do_restore = False  # an early ack is all that "look now" needs

    @property
    def _folder(self) -> Path:
        client: Any = self.connection.client
        return Path(client.transport_options["folder"])

    def _waiting(self, queue: str) -> Iterator[Path]:
        """The queue's messages, the oldest first."""
        try:
            names = os.listdir(self._folder)
        except OSError as error:
            raise ChannelError(f"The broker's folder cannot be read: {error}") from error
        return (self._folder / name for name in sorted(names) if name.partition(".")[2] == f"{queue}.msg")

    def _put(self, queue: str, message: Any, **_: Any) -> None:
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex}.{queue}.msg"
        unfinished = self._folder / f"{name}.unfinished"
        try:
            unfinished.write_text(dumps(message), encoding="utf-8")
            unfinished.replace(self._folder / name)
        except OSError as error:
            with contextlib.suppress(OSError):
                unfinished.unlink()
            raise ChannelError(f"The broker's folder cannot be written: {error}") from error

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for path in self._waiting(queue):
            taken = path.with_name(f"{path.name}.taken")
            try:
                path.rename(taken)  # of several readers one succeeds
                text = taken.read_bytes()
                taken.unlink()
            except OSError:
                continue
            try:
                return loads(text.decode())
            except ValueError:
                log.warning("broker_file_unreadable", file=path.name)
        raise Empty

    def _size(self, queue: str) -> int:
        return sum(1 for _path in self._waiting(queue))

    def _purge(self, queue: str) -> int:
        count = 0
        for path in self._waiting(queue):
            with contextlib.suppress(OSError):
                path.unlink()
                count += 1
        return count


class Transport(virtual.Transport):
    """Polled: nothing tells a reader of a new file."""

    Channel = Channel
    global_state = virtual.BrokerState()
    default_port = 0
    driver_type = SCHEME
    driver_name = SCHEME

    def __init__(self, client: Any, **options: Any) -> None:
        super().__init__(client, **options)
        self.state = self.global_state

    def driver_version(self) -> str:
        return "1"
