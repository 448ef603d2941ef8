"""`manage.py config`: check, plan, apply and export configuration documents."""

import shutil
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone
from rich.console import Console
from rich.table import Table
from rich.text import Text

from incidentops import configuration
from incidentops.copies import written
from incidentops.watchdog import contacts
from oncall.documents import Invalid, Problem
from oncall.documents.reading import MAX_CHARACTERS

ACTIONS: Final = {
    "check": "look for errors in the files, without the database",
    "plan": "say what apply would do",
    "apply": "bring the database to what the files say, in one transaction",
    "export": "write the whole configuration as one file",
}
PRUNING: Final = ("plan", "apply")
PRUNE: Final = "remove what the files leave out, in the sections that they have"
COLOURS: Final = {"+": "green", "~": "yellow", "-": "red"}
MEANINGS: Final = {"+": "make", "~": "change", "-": "remove"}


class Command(BaseCommand):
    help = "Configuration from YAML files: check them, plan, apply; export what there is."
    requires_system_checks: list[str] = []  # `check` reads no database

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for name, told in ACTIONS.items():
            action = actions.add_parser(name, help=told)
            if name == "export":
                action.add_argument("files", nargs="?", metavar="FILE", help="without it: standard output")
                continue
            action.add_argument("files", nargs="+", metavar="FILE", help="- is standard input")
            if name in PRUNING:
                action.add_argument("--prune", action="store_true", help=PRUNE)

    def handle(self, *_: Any, action: str, **options: Any) -> None:
        if action == "export":
            self._export(options["files"])
            return
        files, prune = options["files"], options.get("prune", False)
        texts = [_read(name) for name in files]
        try:
            if action == "check":
                self._check(texts)
            elif action == "plan":
                self._plan(texts, prune, options)
            else:
                self._apply(texts, prune)
        except Invalid as refused:
            for problem in refused.errors:
                self.stderr.write(str(problem))
            count = len(refused.errors)
            raise CommandError(f"{count} error{'s' if count != 1 else ''}; nothing was written.") from refused
        except DatabaseError as error:
            raise CommandError(_unanswered(error)) from error

    def _check(self, texts: configuration.Texts) -> None:
        warnings = configuration.check(texts)
        for problem in warnings:
            self.stdout.write(f"{problem.file}:{problem.line}: {problem.field}: warning: {problem.message}")
        self.stdout.write(f"no errors, {len(warnings)} warning{'s' if len(warnings) != 1 else ''}")

    def _plan(self, texts: configuration.Texts, prune: bool, options: dict[str, Any]) -> None:
        report = configuration.plan(texts, timezone.now(), prune)
        self._warn(report.warnings)
        if not report.changes:
            self.stdout.write("no change")
            return
        colour = options.get("force_color") or (self.stdout.isatty() and not options.get("no_color"))
        self.stdout.write(_table(report.changes, bool(colour)))

    def _apply(self, texts: configuration.Texts, prune: bool) -> None:
        now = timezone.now()
        report = configuration.apply(texts, now, prune)
        try:
            contacts.run(now)  # the watchdog's list; the job would write it within the minute
        except OSError as error:
            self.stderr.write(f"The watchdog's contact list could not be written: {error.strerror or error}")
        self._warn(report.warnings)
        for change in report.changes:
            self.stdout.write(change)
        for integration, key in report.keys:
            self.stdout.write(f"key of {integration} (shown only now): {key}")
        if not report.changes:
            self.stdout.write("no change")

    def _export(self, file: str | None) -> None:
        try:
            text = configuration.export()
        except DatabaseError as error:
            raise CommandError(_unanswered(error)) from error
        if file is None or file == "-":
            self.stdout.write(text, ending="")
            return
        with written(file) as unfinished:
            unfinished.write_text(text, encoding="utf-8")

    def _warn(self, warnings: Iterable[Problem]) -> None:
        for problem in warnings:
            self.stderr.write(f"{problem.file}:{problem.line}: {problem.field}: warning: {problem.message}")


def _read(name: str) -> tuple[str, str]:
    """The file's name and text. Raises CommandError: 2 where there is no such file, 1 where it is no text."""
    try:
        if name == "-":
            raw = sys.stdin.buffer.read(4 * MAX_CHARACTERS + 1)
        else:
            with Path(name).open("rb") as file:
                raw = file.read(4 * MAX_CHARACTERS + 1)
    except OSError as error:
        raise CommandError(f"{name} cannot be read: {error.strerror or error}", returncode=2) from error
    try:
        return name if name != "-" else "<stdin>", raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise CommandError(f"{name}:{line}: document: this is not UTF-8; nothing was written.") from error


def _table(changes: Sequence[str], colour: bool) -> str:
    """The plan as a table, ruled for people, greppable line by line."""
    table = Table("", "object", "what", box=None, pad_edge=False, header_style="dim")
    for change in changes:
        sign, _, rest = change.partition(" ")
        thing, _, what = rest.partition(": ")
        table.add_row(Text(sign, COLOURS[sign]), Text(thing), Text(what or MEANINGS[sign]))
    counts = ", ".join(f"{n} to {MEANINGS[s]}" for s in COLOURS if (n := sum(c.startswith(s) for c in changes)))
    width = max(60, shutil.get_terminal_size((120, 24)).columns)
    console = Console(width=width, force_terminal=colour, no_color=not colour, highlight=False)
    with console.capture() as captured:
        console.print(table)
        console.print(Text(counts))
    return captured.get()


def _unanswered(error: DatabaseError) -> str:
    return (
        f"The database refuses: {str(error).strip()}\n"
        "Check DATABASE_URL; on a new database run `python3 manage.py up` or `python3 manage.py migrate` first."
    )
