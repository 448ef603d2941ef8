"""From a sender's word to a level."""

import pytest

from incidents.logic.severity import level_for, more_severe, most_severe, rank_of


@pytest.mark.parametrize(
    ("word", "mapping", "level"),
    [
        ("critical", None, "SEV-1"),
        ("error", {}, "SEV-2"),
        ("warning", None, "SEV-3"),
        ("info", None, "SEV-4"),
        ("CRITICAL ", None, "SEV-1"),
        ("page", None, "SEV-2 default"),
        ("", None, "SEV-2 default"),
        ("page", {"Page": "SEV-1"}, "SEV-1"),
        ("critical", {"page": "SEV-1"}, "SEV-2 default"),
    ],
)
def test_a_word_is_mapped_or_falls_to_the_services_default(
    word: str, mapping: dict[str, str] | None, level: str
) -> None:
    assert level_for(word, mapping, "SEV-2 default") == level


def test_rank_one_is_the_most_severe() -> None:
    assert [rank_of(f"SEV-{n}") for n in (1, 2, 3, 4)] == [1, 2, 3, 4]
    assert more_severe(1, 2)
    assert not more_severe(2, 2)
    assert not more_severe(3, 2)
    assert most_severe(3, 2) == 2
    with pytest.raises(ValueError, match="SEV-9"):
        rank_of("SEV-9")
