"""Guards that cannot rot: each is taken out of a copy of the tree, and a test must turn red there."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("incidentops", "incidents", "oncall", "postmortems", "static", "tests")
FILES = ("manage.py", "pyproject.toml", "requirements.txt", "README.md")
TESTS_FAILED = 1  # pytest's exit status; 2 and more: it could not run them


@dataclass(frozen=True, slots=True)
class Guard:
    """`guard` stands once in `file`; put `without` in its place and one of `tests` (files or node ids) fails."""

    name: str
    file: str
    guard: str
    without: str
    tests: tuple[str, ...]


GUARDS = (
    Guard(
        "unique key",
        "incidents/models/alerts.py",
        'fields=["integration", "dedup_key"], condition',
        'fields=["integration", "dedup_key", "id"], condition',
        ("tests/incidents/test_intake_guards.py",),
    ),
    Guard(
        "re-check under the lock",
        "incidents/intake/routing.py",
        "if not all(incident.is_open for incident in fresh):",
        "if not fresh:",
        ("tests/incidents/test_intake_guards.py",),
    ),
    Guard(
        "lease",
        "oncall/engine/claims.py",
        "(lease_until_at <= %(now)s OR",
        "(lease_until_at IS NOT NULL OR",
        ("tests/oncall/engine/test_dispatch_retries.py",),
    ),
    Guard(
        "on commit",
        "oncall/nudge.py",
        "transaction.on_commit(callback, robust=True)",
        "callback()",
        ("tests/oncall/test_nudge.py",),
    ),
    Guard(
        "fall-through of an empty step",
        "oncall/engine/walks.py",
        "self.over = cursor.is_fallback or bool(found.reached)",
        "self.over = True",
        ("tests/oncall/engine/test_escalate_targets.py",),
    ),
    Guard(
        "lock order",
        "incidents/lifecycle/locks.py",
        "        lock_services({incident.service_id for incident in incidents})\n",
        "",
        ("tests/incidents/lifecycle/test_locks.py",),
    ),
    Guard(
        "permission in a door",
        "incidents/lifecycle/rights.py",
        "    if not (woken and _woken(incident, by.user)):\n",
        "    if not woken and not by.user.is_active:\n",
        ("tests/incidents/lifecycle/test_people.py",),
    ),
    Guard(
        "private incidents in a door",
        "incidents/lifecycle/rights.py",
        "not by.user.is_active or not may_see(incident, by.user)",
        "not by.user.is_active",
        ("tests/incidents/lifecycle/test_answering.py",),
    ),
    Guard(
        "escape in the phone page",
        "incidents/templates/incidents/phone/page.html",
        "<h1>{{ title }}</h1>",
        "<h1>{{ title|safe }}</h1>",
        ("tests/incidents/phone/test_phone.py", "tests/walks/test_p10_words_are_data.py"),
    ),
    Guard(
        "an answer stops what was not handed over",
        "oncall/engine/claims.py",
        "WHERE n.id = %(pk)s AND {_CLAIMABLE} AND {_WANTED}",
        "WHERE n.id = %(pk)s AND {_CLAIMABLE}",
        ("tests/oncall/engine/test_dispatch_answers.py", "tests/oncall/engine/test_dispatch_race.py"),
    ),
    Guard(
        "compare-and-set of a page's cursor",
        "oncall/engine/escalate.py",
        "bulk.update(Page, _FOUND, _PUT, rows)",
        "bulk.update(Page, _FOUND[:1], _PUT, [(row[0], *row[len(_FOUND) :]) for row in rows])",
        ("tests/oncall/engine/test_escalate_once.py",),
    ),
    Guard(
        "a forged body is turned away",
        "incidents/logic/signatures.py",
        "if abs(int(seconds) - now.timestamp()) > TOLERANCE.total_seconds():",
        "if int(seconds) < 0:",
        ("tests/incidents/logic/test_signatures.py",),
    ),
)


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_the_guard_stands_where_it_is_taken_from(guard: Guard) -> None:
    assert (ROOT / guard.file).read_text(encoding="utf-8").count(guard.guard) == 1
    assert all((ROOT / test.partition("::")[0]).exists() for test in guard.tests)


@pytest.mark.services
def test_without_a_guard_a_test_turns_red(tmp_path: Path) -> None:
    trees = [without(guard, tmp_path / str(number)) for number, guard in enumerate(GUARDS)]
    runs = [[str(tree), *guard.tests] for tree, guard in zip(trees, GUARDS, strict=True)]
    libraries = [name for name in sys.modules if name.partition(".")[0] not in (*FOLDERS, "__main__")]
    environ = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/architecture/mutants.py")],
        input=json.dumps({"libraries": libraries, "runs": runs}),
        env={**environ, "DATA_DIR": str(tmp_path / "data")},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found = dict(zip((guard.name for guard in GUARDS), map(int, done.stdout.split()), strict=True))
    assert found == dict.fromkeys(found, TESTS_FAILED)


def without(guard: Guard, tree: Path) -> Path:
    """The tree without the guard: links to our files with what is compiled of them, and one file that is another."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, tree / name, copy_function=link)
    for name in FILES:
        link(str(ROOT / name), str(tree / name))
    file = tree / guard.file
    text = file.read_text(encoding="utf-8").replace(guard.guard, guard.without)
    file.unlink()  # the link, not what it leads to
    file.write_text(text, encoding="utf-8")
    return tree


def link(file: str, to: str) -> str:
    """A link where the two lie on one disk, else a copy with the same time, so that what is compiled stays valid."""
    try:
        os.link(file, to)
    except OSError:
        shutil.copy2(file, to)
    return to
