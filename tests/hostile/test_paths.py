"""Names that try to leave their folder: none in a document becomes a file, none given to `backup` lands elsewhere."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from incidentops.management.commands import backup
from tests.hostile.strings import FILES, TARGETS

OUTSIDE = "what lies outside: root:x:0"
# Every field of a document that is a name, an address or free words.
FIELDS: dict[str, Any] = {
    "users.username": lambda text: {"users": [{"username": text, "email": "p@example.org"}]},
    "users.name": lambda text: {"users": [{"username": "pat", "email": "p@example.org", "name": text}]},
    "users.timezone": lambda text: {"users": [{"username": "pat", "email": "p@example.org", "timezone": text}]},
    "users.holidays": lambda text: {"users": [{"username": "pat", "email": "p@example.org", "holidays": text}]},
    "contact_methods.address": lambda text: {
        "users": [
            {
                "username": "pat",
                "email": "p@example.org",
                "contact_methods": [{"slug": "push", "kind": "apprise", "address": text}],
            }
        ]
    },
    "teams.name": lambda text: {"teams": [{"name": text}]},
    "teams.slug": lambda text: {"teams": [{"name": "Team", "slug": text}]},
    "channels.address": lambda text: {"channels": [{"name": "Room", "address": text}]},
    "schedules.timezone": lambda text: {"schedules": [{"name": "Rota", "timezone": text}]},
    "services.runbook_url": lambda text: {"services": [{"name": "Shop", "runbook_url": text}]},
    "integrations.name": lambda text: {
        "services": [{"name": "Shop"}],
        "integrations": [{"name": text, "service": "shop", "format": "generic"}],
    },
}
TAGS = [
    f"{tag} {path}"
    for tag in ("!include", "!!python/object/apply:os.system", "!file", "!!python/module:", "!env")
    for path in ("../outside", "/etc/passwd")
]


@pytest.fixture
def folder(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to work in, another that the system keeps its files in, and a file outside both."""
    (tmp_path / "outside").write_text(OUTSIDE)
    for name in ("data", "here"):
        (tmp_path / name).mkdir()
    settings.DATA_DIR = tmp_path / "data"
    monkeypatch.chdir(tmp_path / "here")
    yield tmp_path / "here"
    assert (tmp_path / "outside").read_text() == OUTSIDE


def tree(folder: Path) -> set[str]:
    """Everything beneath the folder's parent, relative to it."""
    return {str(path.relative_to(folder.parent)) for path in folder.parent.rglob("*")}


def test_there_are_enough_of_each() -> None:
    for strings in (FILES, TARGETS):
        assert len(set(strings)) == len(strings) >= 30


@pytest.mark.parametrize("field", FIELDS)
def test_no_name_in_a_document_becomes_a_file(db: None, folder: Path, field: str) -> None:
    before, taken = tree(folder), 0
    for text in FILES:
        Path("company.yaml").write_text(json.dumps(FIELDS[field](text)), encoding="utf-8", errors="surrogatepass")
        try:
            call_command("config", "apply", "company.yaml", stdout=io.StringIO(), stderr=io.StringIO())
            taken += 1
        except CommandError:
            pass
        assert tree(folder) - before <= {"here/company.yaml", "data/watchdog-contacts.json"}, text
    call_command("config", "export", "export.yaml")
    assert OUTSIDE not in Path("export.yaml").read_text()
    assert "root:x:" not in Path("export.yaml").read_text()
    if field in ("users.name", "teams.name", "integrations.name"):
        assert taken > 20, "a name is only words, so it is taken"


@pytest.mark.parametrize("tag", TAGS)
def test_no_word_of_a_document_reads_a_file(db: None, folder: Path, tag: str) -> None:
    Path("company.yaml").write_text(f"teams:\n  - name: {tag}\n")
    said = io.StringIO()
    with pytest.raises(CommandError):
        call_command("config", "apply", "company.yaml", stdout=said, stderr=said)
    assert "company.yaml:2" in said.getvalue()
    assert "root:x" not in said.getvalue()


@pytest.mark.parametrize("command", [("backup",), ("config", "export")], ids=" ".join)
@pytest.mark.parametrize("target", TARGETS, ids=ascii)
def test_a_copy_lies_where_it_was_asked_for_or_nowhere(
    db: None, folder: Path, command: tuple[str, ...], target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else is made, nothing half-made stays, and what cannot be is said in a sentence."""
    for copy in ("_copy_sqlite", "_dump_postgresql"):
        monkeypatch.setattr(backup, copy, lambda unfinished: unfinished.write_text("a copy"))
    before = tree(folder)
    try:
        call_command(*command, target, stdout=io.StringIO())
    except CommandError as error:
        assert str(error)
        assert tree(folder) == before
    else:
        made = str(Path(target).resolve().relative_to(folder.parent))
        assert tree(folder) - before <= {made}
        assert (folder.parent / made).is_file()
        assert (folder.parent / made).stat().st_mode & 0o077 == 0
