"""JSON: what is written is read back as it was; what is not known is listed, what is wrong is refused."""

import json

import pytest
from hypothesis import given, settings

from postmortems.logic.document import Document
from postmortems.logic.reading import NotAPostmortem
from postmortems.logic.writing_json import FORMAT, read, write
from tests.postmortems.documents import COMPLETE, documents


@given(documents)
@settings(max_examples=30, deadline=None)
def test_any_document_comes_back_as_it_was(document: Document) -> None:
    reading = read(write(document))
    assert reading.document == document
    assert reading.unplaced == ()


def test_a_field_that_is_not_known_is_listed_with_its_place() -> None:
    body = json.loads(write(COMPLETE))
    body["extra"] = 1
    body["postmortem"]["mood"] = "fine"
    body["postmortem"]["actions"][1]["effort"] = {"days": 3}
    reading = read(json.dumps(body))
    assert reading.document == COMPLETE
    assert {(each.where, each.text) for each in reading.unplaced} == {
        ("extra", "1"),
        ("postmortem.mood", '"fine"'),
        ("postmortem.actions[1].effort", '{"days": 3}'),
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"postmortem": {}}',
        "[" * 100_000,
        json.dumps({"format": FORMAT, "postmortem": {"happened_on": "soon"}}),
        json.dumps({"format": FORMAT, "postmortem": {"timeline": [{"at": "2026-03-25T13:47:00", "text": "no zone"}]}}),
        json.dumps({"format": FORMAT, "postmortem": []}),
        json.dumps({"format": FORMAT}),
    ],
)
def test_what_is_no_such_file_is_refused(text: str) -> None:
    with pytest.raises(NotAPostmortem):
        read(text)
