"""Blameless hints: judged by two hundred labelled sentences, half of them set aside before there was a rule."""

import sys
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems.logic.language import Kind, hints

FOLDER = Path(__file__).parent / "sentences"
# People whom the console would know: those who took part.
PEOPLE = (
    *("Ana", "Bo", "Cy", "Zoe", "James", "Sarah", "Dan", "Mia", "Tom", "Lisa", "Peter"),
    *("Karim", "Ines", "Oskar", "Farah", "Viktor", "Bea", "Jonas"),
)
PRECISION, RECALL = 0.9, 0.8


def labelled(half: str) -> Iterator[tuple[set[str], str]]:
    for line in (FOLDER / f"{half}.txt").read_text().splitlines():
        if not line.startswith("#"):
            labels, sentence = line.split(" | ", 1)
            yield set(labels.split("+")) - {"ok"}, sentence


def kinds(sentence: str) -> set[str]:
    return {str(hint.kind) for hint in hints(sentence, PEOPLE)}


def figures(half: str) -> tuple[float, float, list[str]]:
    """Precision and recall over pairs of sentence and kind, and what was wrong."""
    right = said = meant = 0
    wrong = []
    for labels, sentence in labelled(half):
        found = kinds(sentence)
        right, said, meant = right + len(found & labels), said + len(found), meant + len(labels)
        wrong += [f"{sorted(labels)} {sorted(found)} {sentence}"] if found != labels else []
    return right / said, right / meant, wrong


@pytest.mark.parametrize("half", ["tuning", "aside", "afterwards"])
def test_each_half_is_a_hundred_sentences_half_of_them_harmless(half: str) -> None:
    rows = list(labelled(half))
    assert len({sentence for _labels, sentence in rows}) == 100
    assert sum(not labels for labels, _sentence in rows) == 50


def test_no_sentence_that_judges_the_rules_is_one_that_they_were_made_by() -> None:
    made_by = {sentence for name in ("tuning", "further") for _labels, sentence in labelled(name)}
    assert not made_by & {sentence for name in ("aside", "afterwards") for _labels, sentence in labelled(name)}


@pytest.mark.parametrize("half", ["aside", "afterwards"])
def test_sentences_that_no_rule_was_made_by_are_judged_well(half: str) -> None:
    precision, recall, wrong = figures(half)
    sys.stdout.write(f"{half}: precision {precision:.3f}, recall {recall:.3f}, {len(wrong)} not as labelled\n")
    assert precision >= PRECISION
    assert recall >= RECALL


@pytest.mark.parametrize("half", ["tuning", "further"])
def test_the_sentences_that_the_rules_were_made_by_are_judged_well(half: str) -> None:
    precision, recall, wrong = figures(half)
    sys.stdout.write(f"{half}: precision {precision:.3f}, recall {recall:.3f}\n")
    assert min(precision, recall) >= 0.95, wrong


def test_a_hint_says_where_and_what_instead() -> None:
    text = "The pool ran dry.\n\nThe engineer forgot to raise the limit. We should have known."
    person, should = hints(text)
    assert (person.kind, text[person.start : person.end]) == (Kind.PERSON, "engineer forgot")
    assert (should.kind, text[should.start : should.end]) == (Kind.SHOULD_HAVE, "should have known")
    assert "system" in str(person.suggestion)


def test_a_name_is_a_person_only_where_the_caller_says_so() -> None:
    assert not hints("Grace ignored the queue.")
    assert hints("Grace ignored the queue.", ["Grace"])
    assert not hints("The grace period ignored the queue.", ["Grace"])


def test_a_sentence_ends_where_the_next_begins() -> None:
    assert not hints("Ana opened the channel. Broke connections were closed by the proxy.", PEOPLE)


@given(st.text(max_size=300), st.lists(st.text(max_size=12), max_size=4))
def test_any_text_is_judged_and_every_span_lies_in_it(text: str, people: list[str]) -> None:
    found = hints(text, people)
    assert all(0 <= hint.start < hint.end <= len(text) for hint in found)
    assert found == sorted(found, key=lambda hint: (hint.start, hint.kind))


@pytest.mark.parametrize("word", ["the engineer and ", "should have never ", "Had a ", "a " * 9, "\u200b", "'s "])
def test_a_long_hostile_text_costs_little(word: str) -> None:
    text = (word * 100_000)[:50_000]
    started = process_time()
    hints(text, PEOPLE)
    assert process_time() - started < 3
