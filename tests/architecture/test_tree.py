"""The house keeps its shape: top level, size of rooms, what nobody may write."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
APPS = ("incidentops", "incidents", "oncall", "postmortems")
TOP = {
    "manage.py",
    "requirements.txt",
    "README.md",
    "LICENSE",
    "pyproject.toml",
    "incidentops",
    "incidents",
    "oncall",
    "postmortems",
    "static",
    "tests",
}
LONGEST_FILE = 300


def sources() -> Iterator[Path]:
    yield ROOT / "manage.py"
    for app in APPS:
        yield from (path for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)


def tracked() -> set[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    return {line.split("/")[0] for line in listed.splitlines()}


def test_the_visible_top_level_is_exactly_the_designs() -> None:
    visible = {name for name in tracked() if not name.startswith(".")}
    if not visible:
        visible = {path.name for path in ROOT.iterdir() if not path.name.startswith((".", "__"))}
    assert visible == TOP


@pytest.mark.parametrize("folder", [*APPS, "tests"])
def test_no_file_outgrows_its_room(folder: str) -> None:
    paths = [path for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts]
    long = {
        str(path.relative_to(ROOT)): n for path in paths if (n := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_every_module_says_its_job_in_its_first_line() -> None:
    silent = [str(path.relative_to(ROOT)) for path in sources() if not ast.get_docstring(ast.parse(path.read_text()))]
    assert [name for name in silent if (ROOT / name).read_text().strip()] == []


def test_saving_is_never_an_event_and_the_broker_is_no_clock() -> None:
    banned = re.compile(r"\b(post_save|pre_save|post_delete|pre_delete|apply_async)\b|\b(countdown|eta)=")
    found = [str(path.relative_to(ROOT)) for path in sources() if banned.search(path.read_text())]
    assert found == []


def test_rules_read_no_clock() -> None:
    clock = re.compile(r"\b(datetime\.now|timezone\.now|time\.time|utcnow|date\.today)\b")
    rooms = ("oncall/logic", "incidents/logic", "incidents/adapters", "postmortems/logic")
    found = [str(path) for room in rooms for path in (ROOT / room).rglob("*.py") if clock.search(path.read_text())]
    assert found == []


def test_no_room_is_named_after_nothing() -> None:
    nameless = {"utils", "common", "helpers", "services", "managers", "misc"}
    allowed = {"incidents/models/services.py"}  # here a service is a thing, the word of the field
    found = {str(path.relative_to(ROOT)) for path in sources() if nameless & {path.stem, *path.parts}}
    assert {name for name in found if "api" not in name and "admin" not in name} <= allowed


def test_configuration_with_history_is_never_written_past_it() -> None:
    """update() and bulk writes leave no history; only the engine's own columns, which have none, may change so."""
    excluded = {
        model.__name__: {f.name for f in model._meta.fields} - {f.name for f in model.history.model._meta.fields}
        for model in apps.get_models()
        if hasattr(model._meta, "simple_history_manager_attribute") and model._meta.app_label in APPS
    }
    assert len(excluded) > 10
    found = []
    for path in sources():
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and _writes(call, excluded):
                found.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert found == []


def _writes(call: ast.Call, excluded: dict[str, set[str]]) -> bool:
    assert isinstance(call.func, ast.Attribute)
    if call.func.attr not in {"update", "bulk_create", "bulk_update"}:
        return False
    root: ast.expr = call.func.value
    through_objects = False
    while isinstance(root, ast.Attribute | ast.Call):
        if isinstance(root, ast.Attribute):
            through_objects |= root.attr == "objects"
            root = root.value
        else:
            root = root.func
    if not through_objects or not isinstance(root, ast.Name) or root.id not in excluded:
        return False
    written = {keyword.arg for keyword in call.keywords}
    if call.func.attr == "bulk_update" and isinstance(call.args[-1], ast.List):
        written = {element.value for element in call.args[-1].elts if isinstance(element, ast.Constant)}
    return call.func.attr == "bulk_create" or not written or not written <= excluded[root.id]
