"""Hints towards blameless words: they point, they say how else, and they never block.

English only. People are known by their roles, by pronouns and by the names that the caller gives.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from postmortems.logic.blame_words import (
    ACTS,
    ADVERB,
    BAD,
    BETWEEN,
    FAULTS,
    HOW,
    HUMAN_VERBS,
    PARTICIPLE,
    ROLES,
    SLIPS,
    VERBS,
    any_of,
)
from postmortems.logic.wording import Sentence, gettext_noop

LONGEST_SENTENCE: Final = 1_000
MOST_NAMES: Final = 200


class Kind(StrEnum):
    PERSON = "person"
    SHOULD_HAVE = "should_have"
    HUMAN_ERROR = "human_error"
    COUNTERFACTUAL = "counterfactual"


SUGGESTIONS: Final = {
    Kind.PERSON: gettext_noop("Say what the system allowed or did not show, rather than what a person did wrong."),
    Kind.SHOULD_HAVE: gettext_noop(
        "Say what happened and why it made sense then; what is to change is an action item."
    ),
    Kind.HUMAN_ERROR: gettext_noop("Ask on: what made this slip possible, and why did nothing catch it?"),
    Kind.COUNTERFACTUAL: gettext_noop("Say what did happen; what would help next time is an action item."),
}


@dataclass(frozen=True, slots=True)
class Hint:
    """`text[start:end]` is what to look at."""

    kind: Kind
    start: int
    end: int
    suggestion: Sentence


# Possessive: a text without any full stop is cut, not searched again from each of its letters.
_SENTENCE: Final = re.compile(rf"(?:[^\n.!?]|[.!?](?!\s|$)){{1,{LONGEST_SENTENCE}}}+[.!?]*")
_MAY_HAVE: Final = (
    r"(?:\s+not|n['’]t)?(?:\s+" + ADVERB + r"){0,2}\s*(?:\s+have|['’]ve)(?:\s+not)?(?:\s+" + ADVERB + r"){0,2}\s+"
)
_SHOULD_HAVE: Final = re.compile(r"\b(?:should|ought\s+to|ought)" + _MAY_HAVE + PARTICIPLE + r"\b", re.IGNORECASE)
_COUNTERFACTUAL: Final = (
    re.compile(r"\bif\s+only\b", re.IGNORECASE),
    re.compile(r"\b(?:could|would|might)" + _MAY_HAVE + r"(?!contributed)" + PARTICIPLE + r"\b", re.IGNORECASE),
    re.compile(
        r"\bif\s+(?:[\w'’-]+\s+){1,6}?had(?:n['’]t|\s+not|\s+never)?\s+(?:"
        + ADVERB
        + r"\s+)?"
        + PARTICIPLE
        + r"\b(?=.*\b(?:would|could|might)\b)",
        re.IGNORECASE,
    ),
    re.compile(r"\bwish(?:es|ed)?\s+(?:that\s+)?(?:[\w'’-]+\s+){1,3}?had\b", re.IGNORECASE),
    re.compile(r"^\W*Had\s+(?:[\w'’-]+\s+){1,6}?" + PARTICIPLE + r"\b(?=.*\b(?:would|could|might)\b)"),
)
_HUMAN_ERROR: Final = re.compile(
    r"\b(?:(?:human|operator|user|pilot|engineer|developer|administrator|technician|contractor|employee|programmer"
    r"|personnel|staff|fat-?finger(?:ed|ing)?)\s+(?:errors?|mistakes?|failures?|slips?)"
    r"|(?:errors?|mistakes?|slips?)\s+(?:made\s+)?by\s+(?:a\s+|the\s+)?humans?"
    r"|slips?\s+of\s+(?:the|a)\s+(?:finger|hand|keyboard|pen))\b"
    r"(?!\s+(?:message|page|code|rate|log|handling|report|budget|text|screen)s?\b)",
    re.IGNORECASE,
)
_NOT_SO: Final = re.compile(
    r"\b(?:not|never|no|n['’]t|avoid|instead\s+of|rather\s+than|beyond)\b[^,;:]{0,40}$", re.IGNORECASE
)
# Capitalised at the beginning of a sentence, and no name.
_NO_NAME: Final = any_of("The A An This That These It We You I Our Its All Each Every No One Two Both There And But")


def hints(text: str, people: Iterable[str] = ()) -> list[Hint]:
    """The hints for a text, by place; of one kind no two overlap. `people` are names as they may stand in it."""
    found: list[Hint] = []
    names = frozenset(name.strip() for name in people if name.strip())
    for sentence in _SENTENCE.finditer(text):
        for kind, start, end in _in_sentence(sentence[0], names):
            found.append(Hint(kind, sentence.start() + start, sentence.start() + end, Sentence(SUGGESTIONS[kind])))
    return sorted(_without_overlaps(found), key=lambda hint: (hint.start, hint.kind))


def _in_sentence(sentence: str, names: frozenset[str]) -> Iterator[tuple[Kind, int, int]]:
    for match in _SHOULD_HAVE.finditer(sentence):
        yield Kind.SHOULD_HAVE, *match.span()
    for pattern in _COUNTERFACTUAL:
        for match in pattern.finditer(sentence):
            yield Kind.COUNTERFACTUAL, *match.span()
    for match in _HUMAN_ERROR.finditer(sentence):
        if not _NOT_SO.search(sentence[: match.start()]):
            yield Kind.HUMAN_ERROR, *match.span()
    for pattern in _blaming(names):
        for match in pattern.finditer(sentence):
            yield Kind.PERSON, *match.span()


@lru_cache(maxsize=64)
def _blaming(names: frozenset[str]) -> tuple[re.Pattern[str], ...]:
    """Patterns of a person near a blame verb. Names keep their case: Mark is a person, mark is not."""
    known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)[:MOST_NAMES])
    who = rf"\b(?:{f'(?:{known})|' if known else ''}(?i:{ROLES}))\b"
    anybody = rf"(?:{who}|\b(?!(?:{_NO_NAME})\b)[A-Z][a-z]+\b)"
    between = rf"(?:\s+(?i:{BETWEEN})){{0,3}}\s+"
    # "Ana deployed the change and broke the shop": the same person still, no comma between.
    onwards = r"\s+(?:[\w'’-]+\s+){1,9}?(?:and|but|or)" + between
    of = r"\s+(?:of|from|in)\s+(?:[\w-]+\s+){0,2}[\w-]+"  # the author of the patch
    act = rf"(?i:{ACTS})\b"
    slip = rf"(?i:{SLIPS})\b"
    few = r"(?:[\w'’-]+\s+){0,6}?"
    patterns = (
        rf"{anybody}{between}(?!(?i:forgot|forgotten)\s+(?!to\b))(?i:{HUMAN_VERBS})\b",
        rf"(?:{who}\s+who|\b(?i:whoever))\s+{few}(?i:{HUMAN_VERBS}|{VERBS})\b",
        rf"{anybody}['’]s?\s+(?i:{BAD})\s+[\w-]+",
        r"\b(?i:nobody|no\s+one)\s+(?:[\w'’-]+\s+){0,4}?"
        r"(?i:bothered|cared|had\s+the\s+(?:sense|courage|wit)|thought\s+(?:to|of)|took\s+the\s+trouble"
        r"|lifted\s+a\s+finger)\b",
        rf"{who}['’]s?\s+(?i:(?:own\s+)?doing)(?=\s*(?:[.,;!?]|$))",
        rf"\b(?i:failure|outage|incident|mistake|error|fault|this|that)\s+(?:is|was)\s+on\s+(?:(?:the|a|our)\s+)?"
        rf"(?:\w+\s+){{0,2}}?{who}",
        rf"{who}(?:{of})?(?:{between}|{onwards})(?i:{HUMAN_VERBS}|{VERBS})\b",
        rf"{who}{between}{act}\s+{few}{slip}",
        rf"{who}{between}?(?:\s+|(?<=\s))(?i:{HOW})\s+\w+(?:ed|t|e|n|d)\b",
        rf"{who}\s+{few}(?i:{HOW})\s+{act}",
        rf"\b(?i:cause|culprit|reason|problem)\s+(?:is|was)\s+(?:(?:the|a|our)\s+)?(?:\w+\s+){{0,2}}?{who}(?!['’])",
        rf"{anybody}['’]s?\s+(?i:{FAULTS})\b",
        rf"\b(?i:{FAULTS})\s+(?:of|by|was\s+made\s+by)\s+(?:(?:the|a|an|our)\s+)?(?:\w+\s+){{0,2}}?{who}",
        r"\b(?i:caused|broken|introduced|missed|overlooked|forgotten|ignored|neglected|botched|bungled|mishandled"
        r"|misconfigured|mistyped|skipped|(?:badly|poorly|carelessly|sloppily|hastily|wrongly)\s+\w+)\s+by\s+"
        rf"(?:(?:the|a|an|our)\s+)?(?:[\w-]+\s+){{0,2}}?{who}(?!\s+(?:console|guide|tool|page|script))",
        rf"\b(?i:blame\s+(?:for\s+(?:\w+\s+){{1,4}})?(?:lies|falls|rests|is|goes))\s+(?:with|on|to)\s+(?:(?:the|a|our)\s+)?(?:\w+\s+){{0,2}}?{who}",
    )
    return tuple(re.compile(pattern) for pattern in patterns)


def _without_overlaps(found: list[Hint]) -> Iterator[Hint]:
    """The longest of those of one kind that overlap."""
    taken: list[Hint] = []
    for hint in sorted(found, key=lambda each: (each.start - each.end, each.start)):
        if all(hint.kind != other.kind or hint.end <= other.start or other.end <= hint.start for other in taken):
            taken.append(hint)
            yield hint
