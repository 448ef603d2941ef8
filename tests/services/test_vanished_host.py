"""A database host that vanishes without a word is noticed in seconds: judged by what the kernel was told."""

import socket

import psycopg
import pytest

from incidentops.env import POSTGRES_OPTIONS
from tests.services.ground import postgres_server

pytestmark = pytest.mark.services
NOTICED_SECONDS = 15
DJANGOS = ("server_side_binding", "prepare_threshold")


def test_the_kernel_gives_a_silent_database_host_up_within_seconds() -> None:
    options = {name: value for name, value in POSTGRES_OPTIONS.items() if name not in DJANGOS}
    with psycopg.connect(f"{postgres_server()}/postgres", **options) as connection:
        line = socket.socket(fileno=socket.dup(connection.fileno()))
        with line:
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            idle = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
            every = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL)
            tries = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT)
            unanswered = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    assert idle + every * tries <= NOTICED_SECONDS
    assert 0 < unanswered <= NOTICED_SECONDS * 1000
