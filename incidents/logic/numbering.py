"""Incident numbers: INC-2026-0042 is the 42nd incident of 2026."""

import re

_NUMBER = re.compile(r"INC-(\d{4})-(\d{4,9})", re.ASCII | re.IGNORECASE)


def format_number(year: int, n: int) -> str:
    """The number as people write it; beyond 9,999 in a year it just grows longer."""
    return f"INC-{year:04d}-{n:04d}"


def parse_number(text: str) -> tuple[int, int]:
    """(year, n) of a number, in any case and with blanks around it. Raises ValueError for anything else."""
    match = _NUMBER.fullmatch(text.strip())
    if not match:
        raise ValueError("An incident number looks like INC-2026-0042.")
    return int(match[1]), int(match[2])
