"""Sentences that rules say: English here, translated by the face that shows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


def gettext_noop(message: str) -> str:
    """Marks a text for the translators, who find it by this function's name, and leaves it as it is."""
    return message


@dataclass(frozen=True, slots=True)
class Sentence:
    """A message and what is filled in; a face shows `gettext(sentence.message) % sentence.values`."""

    message: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message % self.values
