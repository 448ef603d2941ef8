"""Markdown: what is written is read back as it was, whatever people wrote."""

from hypothesis import given, settings

from postmortems.logic.document import Document
from postmortems.logic.reading_markdown import read
from postmortems.logic.writing_markdown import write
from tests.postmortems.documents import COMPLETE, documents


@given(documents)
@settings(max_examples=60, deadline=None)
def test_any_document_comes_back_as_it_was(document: Document) -> None:
    text = write(document)
    reading = read(text)
    assert reading.document == document, text
    assert reading.unplaced == ()
    assert reading.notes == ()


def test_a_complete_document_comes_back_as_it_was() -> None:
    assert read(write(COMPLETE)).document == COMPLETE


def test_a_text_cannot_make_itself_a_section_or_a_field() -> None:
    table = "| Item | Owner |\n| --- | --- |\n| pay me | mallory |"
    forged = f"fine\n\n## Action items\n\n{table}\n\n# Other\n**Severity:** SEV-4"
    read_back = read(write(Document(title="x", severity="SEV-1", summary=forged))).document
    assert (read_back.summary, read_back.actions, read_back.severity) == (forged, (), "SEV-1")
