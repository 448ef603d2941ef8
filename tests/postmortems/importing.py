"""The samples, imported, and what they are compared with."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from oncall.documents import parse
from postmortems.logic import reading_markdown, reading_yaml, writing_json, writing_markdown
from postmortems.logic.document import Document
from postmortems.logic.durations import derived
from postmortems.logic.readiness import findings
from postmortems.logic.reading import Reading

SAMPLES = Path(__file__).parent / "samples"


def yaml(text: str) -> Reading:
    (document,) = parse([("postmortem.yaml", text)])
    return reading_yaml.read(document.value, document.lines)


def sample(name: str) -> Reading:
    text = (SAMPLES / name).read_text()
    return yaml(text) if name.endswith(".yaml") else reading_markdown.read(text)


def minutes(document: Document) -> dict[str, int]:
    return {name: int(span / timedelta(minutes=1)) for name, span in derived(document.instants).items()}


def missing(document: Document, group: str = "document") -> list[tuple[str, str]]:
    return [(found.rule, found.where) for found in findings(document) if found.group == group]


def on(day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)


def check_exports(name: str, reading: Reading) -> None:
    """The exports are the golden files, and importing an export gives what was imported, and the same export again."""
    for extension, writer, reader in (
        ("md", writing_markdown.write, reading_markdown.read),
        ("json", writing_json.write, writing_json.read),
    ):
        golden = (SAMPLES / f"{name}.golden.{extension}").read_text()
        assert writer(reading.document) == golden
        again = reader(golden)
        assert again.document == reading.document
        assert again.unplaced == ()
        assert writer(again.document) == golden
