"""Numbers, money and times as people write them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems.logic.amounts import (
    clock_at,
    count_of,
    date_of,
    duration_of,
    money_of,
    percent_of,
    written_duration,
    written_instant,
)

DAY = date(2026, 2, 15)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("12500", 12_500), ("12,500", 12_500), ("1.234.567", 1_234_567), ("about 300", 300), ("0", 0)),
        *(("12,50", None), ("many", None), ("", None), ("-3", None), ("٣", None), ("9" * 16, None)),
    ],
)
def test_counts(text: str, number: int | None) -> None:
    assert count_of(text) == number


@pytest.mark.parametrize(
    ("text", "money"),
    [
        ("$45,000", (Decimal(45_000), "USD")),
        ("€1.200", (Decimal(1_200), "EUR")),
        ("€ 12,50", (Decimal("12.50"), "EUR")),
        ("1,200.50 GBP", (Decimal("1200.50"), "GBP")),
        ("USD 45000.5", (Decimal("45000.5"), "USD")),
        ("$1.2k", (Decimal(1_200), "USD")),
        ("¥3M", (Decimal(3_000_000), "JPY")),
        *(("45,000", None), ("lots of $", None), ("", None), ("$", None)),
    ],
)
def test_money(text: str, money: tuple[Decimal, str] | None) -> None:
    assert money_of(text) == money


@pytest.mark.parametrize(
    ("text", "percent"),
    [("35", 35), ("35%", 35), ("35 %", 35), ("12.5 percent", Decimal("12.5")), ("35% of the month", 35), ("all", None)],
)
def test_percents(text: str, percent: Decimal | None) -> None:
    assert percent_of(text) == percent


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        *(("47 minutes", 47), ("47", 47), ("47m", 47), ("1 h 20 min", 80), ("2 hours and 5 minutes", 125), ("1h", 60)),
        *(("90 seconds", 1.5), ("1 day, 2 hours", 1560), ("", None), ("a while", None), ("47 minutes or so", None)),
    ],
)
def test_durations(text: str, minutes: float | None) -> None:
    assert duration_of(text) == (None if minutes is None else timedelta(minutes=minutes))


@given(st.integers(0, 10**7))
def test_a_written_duration_is_read_as_it_was(seconds: int) -> None:
    span = timedelta(seconds=seconds)
    assert duration_of(written_duration(span)) == span


@pytest.mark.parametrize(
    ("text", "day"), [("2026-02-15", DAY), ("2026-02-30", None), ("9999-12-31", None), ("15.2.2026", None), ("", None)]
)
def test_dates(text: str, day: date | None) -> None:
    assert date_of(text) == day


@pytest.mark.parametrize(
    ("text", "at", "rest"),
    [
        ("14:02", "2026-02-15T14:02+00:00", ""),
        ("9:05 UTC - x", "2026-02-15T09:05+00:00", " - x"),
        ("14:02:30Z x", "2026-02-15T14:02:30+00:00", " x"),
        ("14:02+0200", "2026-02-15T12:02+00:00", ""),
        ("2026-02-16 00:10 - x", "2026-02-16T00:10+00:00", " - x"),
        ("2026-02-16T00:10-05:00", "2026-02-16T05:10+00:00", ""),
        ("14:02 API down", "2026-02-15T14:02+00:00", " API down"),
    ],
)
def test_times(text: str, at: str, rest: str) -> None:
    found = clock_at(text)
    assert found is not None
    assert (found[0].instant(DAY), found[1]) == (datetime.fromisoformat(at), rest)


@pytest.mark.parametrize(
    "text", ["", "25:00", "14:60", "14:02 PST", "14:02 CEST", "noon", "2026-02-30 14:02", "0001-01-01 00:00", "1402"]
)
def test_what_is_no_time_or_of_another_zone(text: str) -> None:
    assert clock_at(text) is None


@given(st.datetimes(datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2199-12-31"), timezones=st.just(UTC)))
def test_a_written_instant_is_read_as_it_was(at: datetime) -> None:
    found = clock_at(written_instant(at))
    assert found is not None
    assert (found[0].instant(DAY), found[1]) == (at, "")
