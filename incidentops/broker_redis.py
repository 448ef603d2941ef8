"""Kombu's Redis transport, mended where a Redis that goes away would end the worker.

A channel that is closed while messages are unacknowledged wants to put them back, by a connection that it has already
let go of: an AttributeError that ends a worker for good. Nothing need be put back here: a message only says "look now".
"""

from typing import Any

from kombu.transport import redis as kombu_redis
from redis.exceptions import ConnectionError as RedisConnectionError


class Channel(kombu_redis.Channel):
    do_restore = False

    def _connparams(self, asynchronous: bool = False) -> Any:
        """Raises what a lost connection raises, which everybody expects, where ours is gone."""
        if self.connection is None or self.connection.client is None:
            raise RedisConnectionError("the connection to the broker was closed")
        return super()._connparams(asynchronous)  # type: ignore[misc]


class Transport(kombu_redis.Transport):
    Channel = Channel
