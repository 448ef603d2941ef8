"""The one command: what fails is named, and costs no other figure."""

import sys
from pathlib import Path

import orjson
import pytest

from tests.bench import __main__ as bench
from tests.bench.figures import Figure


def measured(work: str, short: bool) -> list[Figure]:
    if work == "sweeping":
        raise bench.Failed("exit status 1\nValueError: too many")
    return [Figure(f"{work}, something", 12_345.0, "/s")]


def test_a_work_that_fails_is_named_and_the_others_figures_are_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "measured", measured)
    path = tmp_path / "figures.json"
    monkeypatch.setattr(sys, "argv", ["bench", "draining", "sweeping", "lists", "--short", "--json", str(path)])
    assert bench.main() == 1
    said = capsys.readouterr().out
    assert "sweeping FAILED: exit status 1\nValueError: too many" in said
    assert said.count("12,345/s") == 2
    kept = orjson.loads(path.read_bytes())
    assert [figure["work"] for figure in kept["figures"]] == ["draining, something", "lists, something"]
    assert list(kept["failed"]) == ["sweeping"]


def test_what_a_work_said_last_is_why_it_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOPS_TEST_DATABASE_URL", "postgres://nobody@127.0.0.1:1/nowhere")
    with pytest.raises(bench.Failed, match="port 1 failed: Connection refused"):
        bench.measured("draining", short=True)
