"""Two beats and two workers at the very same time: each digest once."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from oncall.models import Notification
from postmortems import actions
from postmortems.engine import chase
from postmortems.models import Postmortem, SentDigest
from tests import cast
from tests.postmortems.writing import LATER, action
from tests.together import at_once, elsewhere, shared_database

pytestmark = pytest.mark.django_db(transaction=True)

MONDAY = datetime(2026, 2, 23, 9, tzinfo=UTC)
OWNERS = 40


def everything() -> tuple[Counter[str], int]:
    """How often each person was sent each kind of message, and how many marks there are."""
    rows = Notification.objects.filter(kind="digest").values_list("key", "person")
    return Counter(f"{key.split(':')[1]}:{person}" for key, person in rows), SentDigest.objects.count()


def test_three_workers_at_once_send_each_digest_once(
    tmp_path: Path, postmortem: Postmortem, company: cast.Platform
) -> None:
    for number in range(OWNERS):
        owner = cast.person(f"p{number}")
        action(postmortem, owner, due_on=MONDAY.date(), description=f"a{number}")
        action(postmortem, owner, due_on=MONDAY.date() - timedelta(days=5), priority="P1")
    moved = action(postmortem, company.ana, due_on=date(2026, 2, 20))
    for days in (1, 2):
        actions.move(moved, date(2026, 3, 20) + timedelta(days=days), "vendor", None, LATER)
    with shared_database(tmp_path):
        elsewhere(lambda: chase.run(LATER))
        done = at_once(*[lambda: chase.run(MONDAY)] * 3)
        assert not [each for each in done if isinstance(each, Exception)]
        said, marks = elsewhere(everything)
    daily = {key: count for key, count in said.items() if key.startswith("actions:")}
    assert len(daily) == OWNERS
    assert set(said.values()) == {1}
    assert marks == OWNERS + 2, "and the manager's: what went up, and the week"
