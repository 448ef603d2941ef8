"""The incident's states: which verb when, and what comes of it."""

import pytest

from incidents.logic.states import IllegalVerb, State, Verb, after, after_raise, allowed, is_open, possible

TABLE = {
    #               triggered       acknowledged    mitigated       resolved     closed
    "acknowledge": ("acknowledged", "acknowledged", None, None, None),
    "set_severity": ("triggered", "acknowledged", "mitigated", "resolved", None),
    "assign_role": ("triggered", "acknowledged", "mitigated", "resolved", None),
    "note": ("triggered", "acknowledged", "mitigated", "resolved", "closed"),
    "escalate": ("triggered", "acknowledged", "mitigated", None, None),
    "page": ("triggered", "acknowledged", "mitigated", None, None),
    "mitigate": ("mitigated", "mitigated", None, None, None),
    "resolve": ("resolved", "resolved", "resolved", None, None),
    "reopen": (None, None, None, "triggered", "triggered"),
    "merge": ("closed", "closed", "closed", None, None),
    "dismiss": ("closed", "closed", "closed", "closed", None),
    "close": (None, None, None, "closed", None),
}


@pytest.mark.parametrize("verb", list(Verb))
def test_every_verb_does_what_the_table_says_in_every_state(verb: Verb) -> None:
    for state, expected in zip(State, TABLE[verb], strict=True):
        assert allowed(state, verb) is (expected is not None)
        if expected is None:
            with pytest.raises(IllegalVerb):
                after(state, verb)
        else:
            assert after(state, verb) == expected


def test_an_illegal_verb_says_what_is_possible() -> None:
    with pytest.raises(IllegalVerb, match="reopen") as caught:
        after("closed", "resolve")
    assert caught.value.possible == (Verb.NOTE, Verb.REOPEN)
    assert possible("closed") == (Verb.NOTE, Verb.REOPEN)


def test_a_raise_triggers_an_open_incident_again() -> None:
    assert [after_raise(state) for state in State] == ["triggered", "triggered", "triggered", "resolved", "closed"]


def test_the_first_three_states_are_open() -> None:
    assert [is_open(state) for state in State] == [True, True, True, False, False]


def test_an_unknown_word_is_an_error() -> None:
    with pytest.raises(ValueError, match="explode"):
        allowed("triggered", "explode")
