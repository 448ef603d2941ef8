"""The list of whom to tell lies in a file that its owner alone can read, whole at any moment."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from incidentops.watchdog import contacts
from incidentops.watchdog.contacts import Book, Contact
from oncall.models import ContactMethod, User
from tests import cast
from tests.cast import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Iterator[Path]:
    settings.DATA_DIR = tmp_path
    settings.FALLBACK_CHANNEL_URL = "mailto:ops@example.org"
    yield tmp_path


def file(folder: Path) -> Path:
    return folder / "watchdog-contacts.json"


def boss(name: str, **fields: Any) -> User:
    return cast.person(name, is_superuser=True, **fields)


def test_it_names_the_fallback_channel_and_verified_addresses_of_active_superusers(folder: Path) -> None:
    cast.person("ana")
    boss("bo")
    boss("cy", is_active=False)
    boss("dee", verified=False)
    assert contacts.run(NOW) == 1
    assert json.loads(file(folder).read_text()) == [
        {"address": "mailto:ops@example.org", "guarded": False},
        {"address": "bo@example.org", "guarded": True},
        {"address": "dee@example.org", "guarded": True},  # no verified address: the account's mail
    ]


def test_only_its_owner_can_read_it_and_nothing_unfinished_is_left(folder: Path) -> None:
    contacts.run(NOW)
    assert stat.S_IMODE(file(folder).stat().st_mode) == 0o600
    assert list(folder.iterdir()) == [file(folder)]


def test_a_change_is_written_and_no_change_is_not(folder: Path) -> None:
    person = boss("bo")
    contacts.run(NOW)
    before = file(folder).stat().st_ino
    assert contacts.run(NOW) == 0
    assert file(folder).stat().st_ino == before
    ContactMethod.objects.filter(user=person).delete()
    person.email = "bo@elsewhere.example.org"
    person.save()
    assert contacts.run(NOW) == 1
    assert "bo@elsewhere.example.org" in file(folder).read_text()


@pytest.mark.parametrize("damage", [b"", b"{}}", b"\xff\xfe", b'[{"adress": 1}]', b"[3]", b"null"])
def test_a_damaged_file_keeps_nobody_from_being_told_and_is_made_anew(folder: Path, damage: bytes) -> None:
    boss("bo")
    contacts.run(NOW)
    book = Book()
    book.read()
    known = book.contacts()
    file(folder).write_bytes(damage)
    book.read()
    assert book.contacts() == known
    fresh = Book()
    fresh.read()
    assert fresh.contacts() == [Contact("mailto:ops@example.org", False)]
    assert contacts.run(NOW) == 1
    fresh.read()
    assert fresh.contacts() == known


def test_a_file_that_cannot_be_read_at_all_leaves_the_operators_own_channel(folder: Path) -> None:
    file(folder).mkdir()
    book = Book()
    book.read()
    assert book.contacts() == [Contact("mailto:ops@example.org", False)]
