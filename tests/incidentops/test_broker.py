"""The broker of files: what is put is whole or not there, is taken once, and rubbish stops nobody."""

import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection

from incidentops import broker_redis
from incidentops.celery import app


def connected(folder: Path) -> Connection:
    return Connection("filesystem://localhost", transport_options={"folder": str(folder), "polling_interval": 0.01})


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Connection]:
    with connected(tmp_path) as connection:
        yield connection


def test_the_application_uses_it() -> None:
    assert app.connection_for_write("filesystem://localhost").transport.__module__ == "incidentops.broker"


def test_messages_are_taken_in_order_and_once(broker: Connection, tmp_path: Path) -> None:
    sender = broker.SimpleQueue("paging")
    for number in range(3):
        sender.put({"n": number})
    with connected(tmp_path) as other:
        reader = other.SimpleQueue("paging")
        got = [reader.get(timeout=5).payload["n"] for _turn in range(3)]
        assert got == [0, 1, 2]
        with pytest.raises(Empty):
            sender.get(timeout=0.05)
    assert not list(tmp_path.iterdir())


def test_a_queue_sees_only_its_own(broker: Connection) -> None:
    broker.SimpleQueue("bulk").put("late work")
    with pytest.raises(Empty):
        broker.SimpleQueue("paging").get(timeout=0.05)
    assert broker.SimpleQueue("bulk").qsize() == 1


def test_a_reader_never_meets_half_a_message(broker: Connection, tmp_path: Path) -> None:
    """A writer that is interrupted at the worst moment would end the worker that reads what there is."""
    count, got = 400, []
    long = "x" * 200_000

    def write() -> None:
        with connected(tmp_path) as own:
            queue = own.SimpleQueue("paging")
            for number in range(count // 2):
                queue.put({"n": number, "text": long})

    writers = [threading.Thread(target=write) for _writer in range(2)]
    for writer in writers:
        writer.start()
    reader = broker.SimpleQueue("paging")
    for _turn in range(count):
        message = reader.get(timeout=20)
        got.append(len(message.payload["text"]))
    for writer in writers:
        writer.join()
    assert got == [len(long)] * count


def test_rubbish_in_the_folder_is_passed_over(broker: Connection, tmp_path: Path) -> None:
    queue = broker.SimpleQueue("paging")
    queue.put("before")
    (tmp_path / "0.paging.msg").write_bytes(b"")
    (tmp_path / "00.paging.msg").write_bytes(b"\xff{")
    (tmp_path / "000.paging.msg").mkdir()
    assert queue.get(timeout=5).payload == "before"


def test_two_readers_share_without_taking_twice(tmp_path: Path) -> None:
    got: list[int] = []

    def read() -> None:
        with connected(tmp_path) as own:
            queue = own.SimpleQueue("paging")
            try:
                while True:
                    got.append(queue.get(timeout=0.3).payload)
            except Empty:
                return

    with connected(tmp_path) as sender:
        queue = sender.SimpleQueue("paging")
        for number in range(100):
            queue.put(number)
    readers = [threading.Thread(target=read) for _reader in range(3)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert sorted(got) == list(range(100))


def test_emptied_is_empty(broker: Connection) -> None:
    queue = broker.SimpleQueue("paging")
    queue.put("old")
    assert queue.clear() == 1
    assert queue.qsize() == 0


def test_a_redis_that_went_away_is_a_lost_connection_and_no_end_of_the_worker() -> None:
    """Kombu would put back unacknowledged messages by a connection that is gone, and the worker ended for good."""
    connection = app.connection_for_write("redis://127.0.0.1:9/0")
    assert isinstance(connection.transport, broker_redis.Transport)
    channel = object.__new__(broker_redis.Channel)
    channel.connection = connection.transport
    connection.transport.client = None
    with pytest.raises(connection.connection_errors):
        channel._connparams()
    channel.connection = None
    with pytest.raises(connection.connection_errors):
        channel._connparams()
    assert not channel.do_restore
