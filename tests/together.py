"""Two at once: threads with connections of their own, on a database that several can open."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, connections

PATIENCE = 120  # seconds that a loaded machine may take


@contextmanager
def shared_database(folder: Path) -> Iterator[None]:
    """The tests' own database, or, where that is in memory, a copy in a file: threads see the copy, the caller not."""
    if connection.vendor != "sqlite":
        yield
        return
    name = connections.settings["default"]["NAME"]
    copy = sqlite3.connect(folder / "shared.sqlite3")
    connection.connection.backup(copy)
    copy.close()
    connections.settings["default"]["NAME"] = str(folder / "shared.sqlite3")
    try:
        yield
    finally:
        connections.settings["default"]["NAME"] = name


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run all, each in a thread of its own, begun together; what each returned or raised, in their order."""
    start = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def one(number: int) -> None:
        try:
            start.wait(PATIENCE)
            results[number] = acts[number]()
        except Exception as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not any(thread.is_alive() for thread in threads)
    return results


def elsewhere(act: Callable[[], Any]) -> Any:
    """What a connection other than the caller's sees or does; raises what that raised."""
    [result] = at_once(act)
    if isinstance(result, Exception):
        raise result
    return result
