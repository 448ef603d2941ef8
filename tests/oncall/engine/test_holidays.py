from datetime import UTC, datetime

import pytest

from oncall.engine import holidays
from oncall.models import Holiday, Team

NOW = datetime(2026, 3, 1, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_days_of_a_named_country_become_rows_for_this_year_and_the_next() -> None:
    Team.objects.create(name="Platform", slug="platform", holidays="PT")
    assert holidays.run(NOW) > 20
    assert set(Holiday.objects.values_list("day_on__year", flat=True)) == {2026, 2027}
    assert Holiday.objects.filter(country="PT", day_on="2026-12-25").exists()


def test_a_year_that_has_rows_stays_as_people_edited_it() -> None:
    Team.objects.create(name="Platform", slug="platform", holidays="PT")
    holidays.run(NOW)
    Holiday.objects.filter(day_on="2026-12-25").delete()
    assert holidays.run(NOW) == 0
    assert not Holiday.objects.filter(day_on="2026-12-25").exists()


def test_subdivisions_have_their_own_days() -> None:
    Team.objects.create(name="West", slug="west", holidays="US-CA")
    holidays.run(NOW)
    assert Holiday.objects.filter(country="US-CA", day_on="2026-03-31").exists()


def test_an_unknown_country_stops_nothing() -> None:
    Team.objects.create(name="Nowhere", slug="nowhere", holidays="ZZ")
    Team.objects.create(name="Platform", slug="platform", holidays="PT")
    assert holidays.run(NOW) > 20
