"""The clocks of a severity."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from incidents.logic.cadence import BusinessDays, overdue, response_due, update_due

FRIDAY = datetime(2026, 3, 6, 15, tzinfo=UTC)


def test_minutes_count_from_the_opening() -> None:
    assert response_due(FRIDAY, 5) == FRIDAY + timedelta(minutes=5)
    assert response_due(FRIDAY, None) is None


@pytest.mark.parametrize(
    ("days", "due"),
    [
        (None, datetime(2026, 3, 9, 17, tzinfo=UTC)),
        (BusinessDays(holidays=frozenset({date(2026, 3, 9)})), datetime(2026, 3, 10, 17, tzinfo=UTC)),
        (BusinessDays(weekdays=frozenset({5, 6})), datetime(2026, 3, 7, 17, tzinfo=UTC)),
        # After midnight in Auckland it is Saturday already; Monday 16:00 there is early on Monday in UTC.
        (BusinessDays("Pacific/Auckland", closes=time(16)), datetime(2026, 3, 9, 3, tzinfo=UTC)),
        (BusinessDays(weekdays=frozenset()), datetime(2026, 3, 7, 17, tzinfo=UTC)),
    ],
)
def test_next_business_day_is_the_end_of_the_teams_next_working_day(days: BusinessDays | None, due: datetime) -> None:
    assert response_due(FRIDAY, "next_business_day", days) == due


def test_another_word_is_an_error() -> None:
    with pytest.raises(ValueError, match="next_business_day"):
        response_due(FRIDAY, "soon")


def test_the_first_update_has_its_own_time_and_later_ones_count_from_the_last() -> None:
    assert update_due(FRIDAY, None, 15, 5) == FRIDAY + timedelta(minutes=5)
    assert update_due(FRIDAY, None, 15) == FRIDAY + timedelta(minutes=15)
    assert update_due(FRIDAY, FRIDAY + timedelta(minutes=7), 15, 5) == FRIDAY + timedelta(minutes=22)
    assert update_due(FRIDAY, None, None) is None
    assert update_due(FRIDAY, FRIDAY, None, 5) is None


def test_a_deadline_is_missed_when_met_late_or_not_met_in_time() -> None:
    late = FRIDAY + timedelta(minutes=1)
    assert not overdue(None, None, late)
    assert overdue(FRIDAY, None, late)
    assert not overdue(FRIDAY, FRIDAY, late)
    assert overdue(FRIDAY, late, late)
    assert not overdue(late, None, FRIDAY)
