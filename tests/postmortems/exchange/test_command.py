"""`manage.py postmortem`: files in, one file out, as an operator sees it."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from postmortems.exchange import pdf
from postmortems.models import Postmortem
from tests import cast
from tests.postmortems.importing import SAMPLES

Run = Callable[..., tuple[str, str]]


@pytest.fixture
def run(company: cast.Platform) -> Run:
    def call(*arguments: Any) -> tuple[str, str]:
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command("postmortem", *map(str, arguments), stdout=out, stderr=err)
        except CommandError as error:
            err.write(f"{error.returncode}: {error}")
        return out.getvalue(), err.getvalue()

    return call


def test_import_prints_what_was_made_each_finding_by_its_rule_and_what_it_could_not_place(
    run: Run, tmp_path: Path
) -> None:
    odd = tmp_path / "odd.yaml"
    odd.write_text("postmortem:\n  title: Odd\n  mood: fine\n")
    out, err = run("import", SAMPLES / "checkout.md", odd)
    assert err == ""
    made = list(Postmortem.objects.order_by("pk").values_list("number", flat=True))
    assert f"checkout.md: {made[0]} Checkout outage" in out
    assert "  stated: 47 min = alert_to_rolled_back\n  differs: alert_to_recovered is 60 min" in out
    assert "  missing: section.summary (document) summary: Write a summary.\n" in out
    assert "  missing: action.priority (document) action_items[1].priority:" in out
    assert "  unknown: action_items[0].owner: sarah is no account here; kept as text\n" in out
    assert f"odd.yaml: {made[1]} Odd\n" in out
    assert "  not placed: postmortem.mood (line 3): fine: There is no place for it in a postmortem.\n" in out


def test_a_refused_file_is_an_answer_of_no_and_the_others_are_taken(run: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("postmortem: [\n")
    out, err = run("import", bad, SAMPLES / "payment.yaml", SAMPLES / "payment.yaml")
    assert out.count("PM-") == 1
    assert "bad.yaml: refused: bad.yaml:2" in err
    assert "refused: It is there already: PM-" in err
    assert "1: 2 of 3 files refused" in err
    assert Postmortem.objects.count() == 1


def test_of_a_file_with_several_all_or_none_are_taken(run: Run, tmp_path: Path) -> None:
    both = tmp_path / "both.yaml"
    both.write_text("postmortem: {title: a}\n---\npostmortem: {title: a}\n")
    _out, err = run("import", both)
    assert "refused" in err
    assert Postmortem.objects.count() == 0


def test_a_file_that_is_not_there_is_wrong_usage_and_nothing_is_begun(run: Run, tmp_path: Path) -> None:
    _out, err = run("import", SAMPLES / "payment.yaml", tmp_path / "missing.yaml")
    assert err.startswith("2: ")
    assert Postmortem.objects.count() == 0


def test_the_export_of_an_import_is_the_golden_file(run: Run) -> None:
    run("import", SAMPLES / "payment.yaml")
    number = Postmortem.objects.get().number
    assert run("export", number)[0] == (SAMPLES / "payment.golden.md").read_text()
    assert run("export", number.lower(), "--format", "json")[0] == (SAMPLES / "payment.golden.json").read_text()
    assert "<h1>[SEV-1] Payment service outage" in run("export", number, "--format", "html")[0]
    assert json.loads(run("export", number, "--format", "json")[0])["format"]


def test_a_number_that_is_not_there_is_an_answer_of_no(run: Run) -> None:
    assert run("export", "PM-1999-0001")[1] == "1: There is no postmortem PM-1999-0001."


def test_without_the_systems_libraries_the_command_names_the_packages(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("import", SAMPLES / "payment.yaml")

    def refuse(html: str) -> bytes:
        raise pdf.PdfMissing(pdf._no_libraries())

    monkeypatch.setattr(pdf, "write", refuse)
    _out, err = run("export", Postmortem.objects.get().number, "--format", "pdf")
    assert err == "1: PDFs need libraries of the system: apt install " + pdf.PACKAGES
