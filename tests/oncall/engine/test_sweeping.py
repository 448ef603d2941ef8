"""Due rows in batches: a row that raises stops no other."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from oncall.engine import loop
from oncall.engine.loop import sweeping
from oncall.models import Notification
from tests.cast import NOW

State = Notification.State


def note(number: int) -> Notification:
    return Notification.objects.create(
        key=f"k{number}", kind="test", title="t", created_at=NOW, due_at=NOW, give_up_at=NOW, transport="email"
    )


@pytest.mark.django_db
class TestSweep:
    due = Notification.objects.filter(state=State.PENDING).order_by("pk")

    def done(self, rows: Sequence[Notification], now: datetime) -> None:
        self.sizes.append(len(rows))
        for row in rows:
            if row.key in self.poison:
                raise ValueError(f"cannot do {row.key}")
        Notification.objects.filter(pk__in=[row.pk for row in rows]).update(state=State.SENT, sent_at=now)

    @pytest.fixture(autouse=True)
    def fresh(self) -> None:
        self.sizes: list[int] = []
        self.poison: set[str] = set()

    def test_a_full_batch_runs_again_at_once(self) -> None:
        for number in range(7):
            note(number)
        assert loop.sweep(self.due, self.done, NOW, 3) == 7
        assert self.sizes == [3, 3, 1]

    def test_a_batch_takes_the_most_urgent_part_first_and_fills_up_with_the_next(self) -> None:
        keys = [note(number).key for number in range(7)]
        seen: list[str] = []

        def done(rows: Sequence[Notification], now: datetime) -> None:
            seen.extend(row.key for row in rows)
            self.done(rows, now)

        self.poison = {"k6"}
        urgent, rest = self.due.filter(key__in=keys[5:]), self.due.filter(key__in=keys[:5])
        assert loop.sweep([urgent, rest], done, NOW, 3) == 6
        assert seen[:3] == ["k5", "k6", "k0"]
        assert set(Notification.objects.filter(state=State.PENDING).values_list("key", flat=True)) == {"k6"}

    def test_without_due_rows_nothing_is_done(self) -> None:
        assert loop.sweep(self.due, self.done, NOW) == 0
        assert self.sizes == []

    def test_a_row_that_raises_never_stops_its_neighbours(self) -> None:
        for number in range(7):
            note(number)
        self.poison = {"k1", "k4"}
        assert loop.sweep(self.due, self.done, NOW, 3) == 5
        left = Notification.objects.filter(state=State.PENDING).values_list("key", flat=True)
        assert set(left) == {"k1", "k4"}

    def test_a_row_that_raises_is_pushed_ahead(self) -> None:
        note(0), note(1)
        self.poison = {"k0"}
        postponed: list[tuple[str, str]] = []

        def postpone(row: Notification, error: Exception, now: datetime) -> None:
            postponed.append((row.key, str(error)))
            Notification.objects.filter(pk=row.pk).update(due_at=now + timedelta(minutes=1))

        due = self.due.filter(due_at__lte=NOW)
        assert loop.sweep(due, self.done, NOW, postpone=postpone) == 1
        assert postponed == [("k0", "cannot do k0")]
        assert loop.sweep(due, self.done, NOW) == 0

    def test_what_a_failed_batch_wrote_is_undone(self) -> None:
        note(0), note(1)

        def write_then_raise(rows: Sequence[Notification], now: datetime) -> None:
            Notification.objects.filter(pk__in=[row.pk for row in rows]).update(reason="written")
            if any(row.key == "k1" for row in rows):
                raise ValueError

        loop.sweep(self.due, write_then_raise, NOW)
        assert dict(Notification.objects.values_list("key", "reason")) == {"k0": "written", "k1": ""}

    def test_a_postpone_that_raises_stops_nobody(self) -> None:
        note(0), note(1)
        self.poison = {"k0"}

        def postpone(row: Notification, error: Exception, now: datetime) -> None:
            raise RuntimeError

        assert loop.sweep(self.due, self.done, NOW, postpone=postpone) == 1

    def test_an_act_that_leaves_its_rows_due_ends(self) -> None:
        note(0)
        assert loop.sweep(self.due, lambda rows, now: None, NOW, 1) == sweeping.MOST_BATCHES
