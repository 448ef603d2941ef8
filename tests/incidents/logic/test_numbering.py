"""Incident numbers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.logic.numbering import format_number, parse_number


def test_a_number_looks_as_people_write_it() -> None:
    assert format_number(2026, 42) == "INC-2026-0042"
    assert format_number(2026, 12345) == "INC-2026-12345"
    assert parse_number(" inc-2026-0042 ") == (2026, 42)


@settings(deadline=None)
@given(st.integers(1, 9999), st.integers(1, 10**8))
def test_what_is_written_is_read(year: int, n: int) -> None:
    assert parse_number(format_number(year, n)) == (year, n)


@pytest.mark.parametrize(
    "text", ["", "42", "INC-26-0042", "INC-2026-42", "INC-2026-0042x", "INC-2026-٠٠٤٢", "INC-2026-"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="INC-2026-0042"):
        parse_number(text)
