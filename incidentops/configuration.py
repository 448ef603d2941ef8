"""Configuration documents over all apps: check, plan, apply, export. Whatever is applied is one transaction."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection, transaction

from incidents.config import SECTIONS as UPPER
from incidents.logic.severity import LEVELS
from oncall.config import SECTIONS as LOWER
from oncall.documents import Directory, Entry, Invalid, Problem, Run, Section, entries, parse
from oncall.documents.sections import doubts, unknown
from oncall.documents.writing import write

#: (name of the file, its text)
Texts = Sequence[tuple[str, str]]

SECTIONS: Final[tuple[Section[Any], ...]] = (*LOWER, *UPPER)
LOCK: Final = 4_142_022_027  # any number, the same for all of us: PostgreSQL's advisory lock


@dataclass(frozen=True, slots=True)
class Report:
    """`changes` begin with +, ~ or -; `keys` are those that were made for new integrations, shown this once."""

    changes: list[str]
    keys: list[tuple[str, str]]
    warnings: list[Problem]


class _OnlyAPlan(Exception):  # noqa: N818 — undoes the transaction
    pass


def check(texts: Texts) -> list[Problem]:
    """Warnings about the files, without a look into the database. Raises Invalid with all errors."""
    found = _entries(texts)
    known: dict[str, set[str]] = {section.name: _identities(found.get(section.name, [])) for section in SECTIONS}
    known["severities"] |= set(LEVELS)
    known["aware"] = known["users"] | known["channels"] | {"team_lead", "team_manager"}
    known["layers"] = {
        f"{entry.identity}/{layer.name}" for entry in found.get("schedules", []) for layer in entry.shape.layers
    }
    warnings: list[Problem] = []
    for section in SECTIONS:
        for entry in found.get(section.name, []):
            warnings += doubts(entry)
            warnings += [
                entry.problem(unknown(mention), *mention.path)
                for mention in entry.shape.mentions()
                if mention.section in known and mention.name not in known[mention.section]
            ]
    return _sorted(warnings)


def apply(texts: Texts, now: datetime, prune: bool = False) -> Report:
    """Bring the database to what the files say; nothing is written where anything is wrong. Raises Invalid."""
    found = _entries(texts)
    with transaction.atomic():
        return _run(found, now, prune)


def plan(texts: Texts, now: datetime, prune: bool = False) -> Report:
    """What `apply` would do, by doing it and taking it back. Raises Invalid."""
    found = _entries(texts)
    report: Report | None = None
    try:
        with transaction.atomic():
            report = _run(found, now, prune)
            raise _OnlyAPlan
    except _OnlyAPlan:
        assert report is not None  # noqa: S101  # it is raised after that
        return Report(report.changes, [], report.warnings)


def export() -> str:
    """The whole configuration as one document that `apply` takes; keys of integrations are not in it."""
    with transaction.atomic():
        directory = _directory()
        return write({section.name: section.export(directory) for section in SECTIONS})


def _entries(texts: Texts) -> dict[str, list[Entry]]:
    return entries(parse(texts), {section.name: section.shape for section in SECTIONS})


def _identities(found: Sequence[Entry]) -> set[str]:
    return {entry.identity for entry in found}


def _directory() -> Directory:
    return Directory({name: index for section in SECTIONS for name, index in section.indexes().items()})


def _run(found: dict[str, list[Entry]], now: datetime, prune: bool) -> Report:
    if connection.vendor == "postgresql":  # two runs at once would each see only their own new rows
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    with ExitStack() as stack:
        run = Run(now, found, _directory(), stack)
        known: dict[str, set[str]] = {}
        for section in SECTIONS:
            known |= section.names(run)
        for section in SECTIONS:
            section.check(run, known)
        if run.errors:
            raise Invalid(run.errors)
        for section in SECTIONS:
            section.apply(run)
        for act in run.last:
            act()
        if prune:
            for section in reversed(SECTIONS):
                section.prune(run)
        if run.errors:
            raise Invalid(run.errors)
    return Report(run.changes, run.keys, _sorted(run.warnings))


def _sorted(problems: Sequence[Problem]) -> list[Problem]:
    return sorted(set(problems), key=lambda problem: (problem.file, problem.line, problem.field))
