"""Several people of one layer: a shift that is recorded hides nobody whose own begins later."""

from datetime import timedelta

import pytest

from oncall import roster
from oncall.engine import shifts
from oncall.models import Override
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
HANDOFF = NOW - DAY + WEEK  # Ana's turn ends, Bo's begins


@pytest.fixture
def company() -> cast.Platform:
    """Cy stands beside whoever is primary until a day after the handoff; all that runs now is recorded."""
    company = cast.platform()
    Override.objects.create(
        schedule=company.schedule, layer=company.primary, add=company.cy, starts_at=NOW - HOUR, ends_at=HANDOFF + DAY
    )
    shifts.run(NOW)
    company.schedule.refresh_from_db()
    return company


def primary(company: cast.Platform, at):
    layer = roster.on_call(company.schedule, at)[0]
    return [person.username for person in layer.people], layer.until


def test_who_takes_over_beside_somebody_is_on_call(company: cast.Platform) -> None:
    assert primary(company, NOW + HOUR) == (["ana", "cy"], HANDOFF)
    assert primary(company, HANDOFF + HOUR) == (["bo", "cy"], HANDOFF + DAY)


def test_the_shift_of_who_takes_over_is_listed(company: cast.Platform) -> None:
    found = [s for s in roster.shifts(company.schedule, NOW, HANDOFF + HOUR) if s.layer == "primary"]
    assert [(s.username, s.start, s.end, s.recorded) for s in found] == [
        ("ana", NOW - DAY, HANDOFF, True),
        ("cy", NOW - HOUR, HANDOFF + DAY, True),
        ("bo", HANDOFF, HANDOFF + WEEK, False),
    ]


def test_a_recorded_shift_ends_its_answer_where_somebody_joins() -> None:
    company = cast.platform()
    Override.objects.create(
        schedule=company.schedule, layer=company.primary, add=company.cy, starts_at=NOW + HOUR, ends_at=NOW + DAY
    )
    shifts.run(NOW)
    assert primary(company, NOW) == (["ana"], NOW + HOUR)
    shifts.run(NOW + 2 * HOUR)
    assert primary(company, NOW) == (["ana"], NOW + HOUR)
