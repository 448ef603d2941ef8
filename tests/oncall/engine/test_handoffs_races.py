"""Two workers look at one schedule's handoffs at the same time."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from incidents.engine import briefings
from oncall.engine import handoffs, shifts
from oncall.models import CalendarEvent, Handoff, HandoffSide, Notification
from tests import cast
from tests.cast import NOW
from tests.together import at_once, elsewhere, shared_database

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


def test_two_workers_make_each_handoff_and_tell_each_person_once(tmp_path: Path) -> None:
    company = cast.platform()
    shifts.run(NOW)
    at = company.primary.start_at + 7 * DAY
    with shared_database(tmp_path):
        for now in (at - DAY, at - timedelta(hours=1), at):
            made = at_once(*(lambda now=now: handoffs.run(now) for _ in range(3)))
            assert all(isinstance(count, int) for count in made), made
            posted = at_once(*(lambda now=now: briefings.run(now) for _ in range(3)))
            assert all(isinstance(count, int) for count in posted), posted

        def seen() -> tuple[int, int, Counter[str], int]:
            rows = Handoff.objects.filter(at=at)
            keys = Counter(Notification.objects.filter(kind="handoff").values_list("key", flat=True))
            events = CalendarEvent.objects.values_list("layer", "person", "starts_at")
            return (
                rows.count(),
                HandoffSide.objects.filter(handoff__in=rows).count(),
                keys,
                len(events) - len({*events}),
            )

        made, sides, keys, twice = elsewhere(seen)
    assert (made, sides, twice) == (2, 4, 0)  # both layers change hands then
    assert set(keys.values()) == {1}
    assert len(keys) == 12  # two of each handoff, three notices
