"""manage.py can speak to an old Python, and `test` runs in a world of its own."""

import ast
import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

from incidentops import testrun

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"


@pytest.fixture
def manage() -> ModuleType:
    spec = importlib.util.spec_from_file_location("manage", MANAGE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_old_python_can_read_manage_py() -> None:
    ast.parse(MANAGE.read_text(encoding="utf-8"), feature_version=(3, 4))


def test_an_old_python_is_told_what_to_do(
    manage: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(manage, "OLDEST", (99, 0))
    monkeypatch.setattr("sys.argv", ["manage.py", "up"])
    assert manage.main() == 1
    assert "needs Python 3.11 or newer" in capsys.readouterr().err


def test_the_tests_forget_the_developers_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}
    monkeypatch.setattr(pytest, "main", lambda _: (seen.update(os.environ), 5)[1])
    for name in ("EMAIL_URL", "FALLBACK_CHANNEL_URL", "SECRET_KEY_FILE", "REDIS_URL", "DATA_DIR", "DATABASE_URL"):
        monkeypatch.setenv(name, "mine")
    for name in testrun.FORGOTTEN:
        monkeypatch.setenv(name, os.environ.get(name, "mine"))
    assert testrun.main(["-x"]) == 5
    assert not {"EMAIL_URL", "FALLBACK_CHANNEL_URL", "SECRET_KEY_FILE", "REDIS_URL", "ENVIRONMENT"} & seen.keys()
    assert seen["DATABASE_URL"] == "mine"
    assert seen["DATA_DIR"] != "mine"
    assert not Path(seen["DATA_DIR"]).exists()


def test_arguments_go_to_pytest_and_without_any_the_quick_suite_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []
    monkeypatch.setattr(pytest, "main", lambda arguments: calls.append(arguments) or 0)
    for name in testrun.FORGOTTEN:
        monkeypatch.setenv(name, os.environ.get(name, ""))
    monkeypatch.setenv("DATA_DIR", os.environ.get("DATA_DIR", ""))
    testrun.main(["tests/oncall", "-x"])
    testrun.main([])
    assert calls == [["tests/oncall", "-x"], ["-q", "-n", "2", "-m", "not services"]]
