"""Requests that wait together share a commit, and each learns only of its own row."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, OperationalError

from incidents.intake.committing import Committer, Overloaded, Row

PATIENCE = 10


class Table:
    """Rows as committed, batch by batch; the first write waits until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[Row]] = []
        self.begun, self.go = threading.Event(), threading.Event()
        self.fault: Exception | None = None
        self.looks = 0

    def write(self, rows: Sequence[Row]) -> None:
        self.begun.set()
        assert self.go.wait(PATIENCE)
        if self.fault is not None:
            raise self.fault
        if ("bad",) in rows:
            raise IntegrityError("bad")
        self.batches.append(list(rows))

    def look(self) -> None:
        self.looks += 1

    def committer(self, most: int = 100) -> Committer:
        return Committer(self.write, lambda error: isinstance(error, OperationalError), self.look, most)


def all_sent(table: Table, committer: Committer, rows: Sequence[str]) -> list[BaseException | None]:
    """The first row keeps the committer busy until all the others wait; what each sender was told."""
    with ThreadPoolExecutor(len(rows)) as senders:
        told = [senders.submit(committer.commit, (rows[0],))]
        assert table.begun.wait(PATIENCE)
        told += [senders.submit(committer.commit, (row,)) for row in rows[1:]]
        while len(committer._queue) < len(rows) - 1:
            pass
        assert not any(one.done() for one in told), "nobody is answered before the commit"
        table.go.set()
        return [one.exception(PATIENCE) for one in told]


def test_what_waits_together_is_committed_together_and_answered_after_it() -> None:
    table = Table()
    told = all_sent(table, table.committer(), ["first", "a", "b", "c"])
    assert told == [None] * 4
    assert [sorted(batch) for batch in table.batches] == [[("first",)], [("a",), ("b",), ("c",)]]
    assert table.looks == 2


def test_a_row_that_cannot_be_stored_is_told_to_its_sender_alone() -> None:
    table = Table()
    told = all_sent(table, table.committer(), ["first", "a", "bad", "c"])
    assert [type(error) for error in told] == [type(None), type(None), IntegrityError, type(None)]
    assert sorted(row for batch in table.batches for row in batch) == [("a",), ("c",), ("first",)]


def test_with_the_database_away_everybody_is_told_and_nothing_is_tried_again() -> None:
    table = Table()
    table.fault = OperationalError("away")
    told = all_sent(table, table.committer(), ["first", "a", "b"])
    assert [type(error) for error in told] == [OperationalError] * 3
    assert (table.batches, table.looks) == ([], 0)


def test_beyond_a_full_queue_senders_are_told_to_come_again() -> None:
    table = Table()
    committer = table.committer(most=1)
    with ThreadPoolExecutor(2) as senders:
        first = senders.submit(committer.commit, ("first",))
        assert table.begun.wait(PATIENCE)
        second = senders.submit(committer.commit, ("second",))
        while not committer._queue:
            pass
        with pytest.raises(Overloaded):
            committer.commit(("third",))
        table.go.set()
        assert [first.exception(PATIENCE), second.exception(PATIENCE)] == [None, None]
    assert table.batches == [[("first",)], [("second",)]]
