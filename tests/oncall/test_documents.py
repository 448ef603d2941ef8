"""YAML is read as 1.2 says, with its lines, and nothing in a file can grow, repeat or reach out."""

from datetime import UTC, datetime

import pytest

from oncall.documents import Invalid, entries, parse
from oncall.documents.kinds import Instant
from oncall.documents.shapes import Shape
from oncall.documents.writing import write


class Thing(Shape):
    name: str
    at: Instant | None = None
    count: int = 0

    @property
    def identity(self) -> str:
        return self.name


def value(text: str) -> object:
    return parse([("a.yaml", text)])[0].value


def refusal(*texts: str) -> str:
    with pytest.raises(Invalid) as refused:
        entries(parse([(f"{'abc'[index]}.yaml", text) for index, text in enumerate(texts)]), {"things": Thing})
    return str(refused.value)


def test_words_and_times_stay_text() -> None:
    text = "a: 10:00\nb: on\nc: no\nd: 2026-01-05T10:00:00-06:00\ne: 2026-01-05\nf: 0123\ng: 1_000\nh: 0x1f\n"
    assert value(text) == {
        "a": "10:00",
        "b": "on",
        "c": "no",
        "d": "2026-01-05T10:00:00-06:00",
        "e": "2026-01-05",
        "f": "0123",
        "g": "1_000",
        "h": "0x1f",
    }


def test_numbers_truth_and_nothing_are_what_they_look_like() -> None:
    assert value('a: 5\nb: -1\nc: 1.5\nd: true\ne: null\nf: ~\ng:\nh: "5"\n') == {
        "a": 5,
        "b": -1,
        "c": 1.5,
        "d": True,
        "e": None,
        "f": None,
        "g": None,
        "h": "5",
    }


def test_an_old_version_named_in_the_file_changes_nothing() -> None:
    assert value("%YAML 1.1\n---\na: on\nb: 10:00\n") == {"a": "on", "b": "10:00"}


def test_json_is_yaml_with_its_tabs_and_pairs_of_escapes() -> None:
    assert value('{\n\t"a": ["\\ud83d\\ude00", "x\\/y"],\n\t"b": {"c": 1}\n}') == {"a": ["😀", "x/y"], "b": {"c": 1}}


def test_half_a_pair_of_escapes_is_made_harmless() -> None:
    assert value('{"a": "\\ud83d"}') == {"a": "\ufffd"}


def test_several_documents_and_files_follow_one_another_and_empty_ones_are_left_out() -> None:
    found = parse([("a.yaml", "x: 1\n---\n---\n# nothing\n---\ny: 2\n"), ("b.yaml", ""), ("c.yaml", "\ufeffz: 3\n")])
    assert [(document.file, document.value) for document in found] == [
        ("a.yaml", {"x": 1}),
        ("a.yaml", {"y": 2}),
        ("c.yaml", {"z": 3}),
    ]


def test_lines_are_those_of_the_file_not_of_the_document() -> None:
    document = parse([("a.yaml", "x: 1\n---\nthings:\n  - name: a\n    at: now\n")])[1]
    assert document.line(("things", 0, "at")) == 5
    assert document.line(("things", 0, "at", "deeper")) == 5
    assert document.line(()) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("things: [1", "a.yaml:1: document: while parsing a flow sequence"),
        ("things:\n- name: a\n  name: b\n", "a.yaml:3: things[0].name: written twice, first in line 2"),
        ('{"things": [],\n"things": []}', "a.yaml:2: things: written twice, first in line 1"),
        ("a: &x 1\nb: *x\n", "a.yaml:1: document: anchors and aliases"),
        ("things: *x\n", "a.yaml:1: document: anchors and aliases"),
        ("things: !!python/object:os.system 1\n", "a.yaml:1: document: tags (!)"),
        ("\n? [a]\n: 1\n", "a.yaml:2: document: a key must be text"),
        ('things: "\x00"\n', "a.yaml:1: document: a character that may not stand in YAML"),
        ("things: " + "[" * 5_000, "a.yaml:1: document: nested too deeply"),
        ("- things\n", "a.yaml:1: document: write a mapping of sections: things"),
        ("things:\n", "a.yaml:1: things: write a list"),
        ("thing: []\n", "a.yaml:1: thing: unknown section; there are things"),
        ("runbooks: []\n", "a.yaml:1: runbooks: this comes with a later issue"),
        ("things:\n  - 5\n", "a.yaml:2: things[0]: write a mapping"),
        ("things:\n  - {}\n", "a.yaml:2: things[0].name: this is required"),
        ("things:\n  - name: x\n    color: red\n", "a.yaml:3: things[0].color: unknown field (known: name, at, count)"),
        ("things: [{name: 5}]", "a.yaml:1: things[0].name: write text"),
        ("things: [{name: x, count: '5'}]", "a.yaml:1: things[0].count: write a whole number"),
        ("things: [{name: x, count: true}]", "a.yaml:1: things[0].count: write a whole number"),
        ("things: [{name: x, at: 2026-01-05T10:00:00}]", "a.yaml:1: things[0].at: an instant needs its offset"),
        ("things: [{name: x, at: 2026-02-30T10:00:00Z}]", "a.yaml:1: things[0].at: there is no such day"),
        ("things: [{name: x, at: 2026-01-05}]", "a.yaml:1: things[0].at: write an instant with its offset"),
        ("things: [{name: x, at: 0001-01-01T00:00:00+14:00}]", "a.yaml:1: things[0].at: there is no such day"),
        ("things: [{name: x, at: 9999-12-31T00:00:00Z}]", "a.yaml:1: things[0].at: write a year from 1900 to 2199"),
    ],
)
def test_what_is_refused_says_file_line_and_field(text: str, said: str) -> None:
    assert refusal(text).startswith(said)


def test_all_errors_of_all_files_are_told_at_once_in_order() -> None:
    told = refusal("things:\n- {count: x}\n- {name: 1}\n", "things: [{}]\n").splitlines()
    assert [line.split(": ")[:2] for line in told] == [
        ["a.yaml:2", "things[0].count"],
        ["a.yaml:2", "things[0].name"],
        ["a.yaml:3", "things[1].name"],
        ["b.yaml:1", "things[0].name"],
    ]


def test_one_object_is_not_described_in_two_places() -> None:
    assert (
        refusal("things: [{name: x}]", "\nthings: [{name: x}]") == "b.yaml:2: things[0]: x stands in a.yaml:1 already"
    )


def test_a_huge_file_is_refused_before_it_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oncall.documents.reading.MAX_NODES", 100)
    assert refusal("things: [" + "1, " * 200 + "]") == "a.yaml:1: document: too large; split the file"
    monkeypatch.setattr("oncall.documents.reading.MAX_CHARACTERS", 100)
    assert refusal("# " + "x" * 200) == "a.yaml:1: document: too large; split the file"


def test_errors_cannot_forge_lines_or_colours() -> None:
    assert "\x1b" not in refusal('"\\e[31m\\nfake.yaml:1: x": 1')
    assert len(refusal('"\\e[31m\\nfake.yaml:1: x": 1').splitlines()) == 1


def test_what_is_written_reads_back_the_same() -> None:
    things = [
        {"name": "no", "at": datetime(2026, 1, 5, 16, tzinfo=UTC), "list": ["on", "1", "09:00", "", "# x", "a: b"]},
        {"name": "x\ny", "nothing": None, "truth": True, "number": 5, "empty": [], "nested": [{"a": ["b"]}]},
    ]
    assert value(write({"things": things})) == {
        "things": [
            {**things[0], "at": "2026-01-05T16:00:00Z"},
            {**things[1], "nested": [{"a": ["b"]}]},
        ]
    }
