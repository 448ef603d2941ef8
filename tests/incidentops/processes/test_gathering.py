"""Senders who wait together go together, and nobody waits for ever."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

import pytest

from incidentops.processes import gathering
from incidentops.processes.gathering import Answer, Environ, Gathering

BUSY: Answer = (503, [], b"busy")
FAULT: Answer = (500, [], b"fault")
PATIENCE = 10


class Database:
    """Answers each batch once it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[Any]] = []
        self.begun, self.go = threading.Semaphore(0), threading.Event()
        self.fault: Exception | None = None

    def answers(self, environs: Sequence[Environ]) -> list[Answer]:
        self.batches.append([environ["n"] for environ in environs])
        self.begun.release()
        assert self.go.wait(PATIENCE)
        if self.fault:
            raise self.fault
        return [(202, [], str(environ["n"]).encode()) for environ in environs]


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    made = Database()
    monkeypatch.setattr(gathering, "answers", made.answers)
    monkeypatch.setattr(gathering.settings, "SENDER_THREADS", 2)
    yield made
    made.go.set()


def played(play: Callable[[Gathering], Coroutine[Any, Any, Any]]) -> Any:
    async def run() -> Any:
        made = Gathering(asyncio.get_running_loop(), BUSY, FAULT)
        try:
            return await play(made)
        finally:
            made.pool.shutdown(wait=False)

    return asyncio.run(run())


def asked(made: Gathering, numbers: Sequence[int]) -> list["asyncio.Task[Answer]"]:
    return [asyncio.ensure_future(made.answer({"n": number})) for number in numbers]


async def both_busy(database: Database) -> None:
    for _thread in range(2):
        assert await asyncio.to_thread(database.begun.acquire, timeout=PATIENCE)


def test_what_waits_together_goes_together_and_is_answered_after_it(database: Database) -> None:
    async def play(made: Gathering) -> list[Answer]:
        tasks = asked(made, [0, 1, 2, 3, 4])
        await both_busy(database)
        assert not any(task.done() for task in tasks), "nobody is answered before the commit"
        database.go.set()
        return await asyncio.gather(*tasks)

    assert [body for _status, _headers, body in played(play)] == [b"0", b"1", b"2", b"3", b"4"]
    assert sorted(database.batches) == [[0], [1], [2, 3, 4]]


def test_a_batch_has_an_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_TOGETHER", 3)

    async def play(made: Gathering) -> list[Answer]:
        tasks = asked(made, range(9))
        await both_busy(database)
        database.go.set()
        return await asyncio.gather(*tasks)

    assert len(played(play)) == 9
    assert max(map(len, database.batches)) == 3


def test_whoever_waited_too_long_is_told_to_come_again_and_so_is_who_waits_behind(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "PATIENCE_SECONDS", 0.05)

    async def play(made: Gathering) -> list[Answer]:
        told = await asyncio.gather(*asked(made, range(4)))
        database.go.set()  # the answers that come now find nobody
        return [*told, *await asyncio.gather(*asked(made, [9]))]

    assert played(play) == [BUSY] * 4 + [(202, [], b"9")]


def test_who_comes_while_nothing_answers_is_told_so_in_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "PATIENCE_SECONDS", 0.05)

    async def play(made: Gathering) -> list[Answer]:
        await asyncio.gather(*asked(made, range(2)))
        return await asyncio.gather(*asked(made, [2, 3]))

    assert played(play) == [BUSY] * 2


def test_a_fault_of_ours_is_told_and_the_next_is_answered(database: Database, capfd: Any) -> None:
    database.go.set()
    database.fault = ZeroDivisionError("ours")

    async def play(made: Gathering) -> list[Answer]:
        told = await asyncio.gather(*asked(made, [1]))
        database.fault = None
        return [*told, *await asyncio.gather(*asked(made, [2]))]

    assert played(play) == [FAULT, (202, [], b"2")]
    assert "ours" in capfd.readouterr().err
