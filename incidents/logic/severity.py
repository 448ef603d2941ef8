"""From a sender's word to one of our levels, and which of two levels is worse. Rank 1 is the most severe (SEV-1)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LEVELS: Final = ("SEV-1", "SEV-2", "SEV-3", "SEV-4")
DEFAULT_LEVEL: Final = "SEV-3"
# What an integration without a severity_map of its own uses.
DEFAULT_MAP: Final[Mapping[str, str]] = MappingProxyType(
    {"critical": "SEV-1", "error": "SEV-2", "warning": "SEV-3", "info": "SEV-4"}
)


def level_for(word: str, mapping: Mapping[str, str] | None, default: str = DEFAULT_LEVEL) -> str:
    """The level for a sender's `word`, whatever its case; `default` (the service's) for an unmapped word or none.

    An absent or empty mapping means DEFAULT_MAP; any other replaces it whole.
    """
    wanted = word.strip().casefold()
    for known, level in (mapping or DEFAULT_MAP).items():
        if known.strip().casefold() == wanted:
            return level
    return default


def rank_of(level: str) -> int:
    """1 for SEV-1 … 4 for SEV-4. Raises ValueError for another word."""
    if level not in LEVELS:
        raise ValueError(f"{level} is none of {', '.join(LEVELS)}")
    return LEVELS.index(level) + 1


def more_severe(a_rank: int, b_rank: int) -> bool:
    """Is `a_rank` worse than `b_rank`? Rank 1 is the worst."""
    return a_rank < b_rank


def most_severe(a_rank: int, b_rank: int) -> int:
    """The worse of two ranks."""
    return min(a_rank, b_rank)
