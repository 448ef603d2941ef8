"""`manage.py postmortem`: reads postmortems from files, writes one as a file."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, transaction
from django.utils import timezone
from rich.console import Console
from rich.progress import track

from incidents.lifecycle import Refused
from oncall.text import one_line
from postmortems import exchange
from postmortems.exchange import FORMATS, MAX_BYTES, PdfMissing, Understood, Unreadable
from postmortems.models import Postmortem

MANY: Final = 5


class Command(BaseCommand):
    help = "Postmortems from files and as files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        read = actions.add_parser("import", help="make a draft of each postmortem in the files; all of a file or none")
        read.add_argument(
            "files", nargs="+", metavar="FILE", help="YAML, Markdown or our own JSON; - is standard input"
        )
        written = actions.add_parser("export", help="write one to standard output")
        written.add_argument("number", metavar="NUMBER", help="such as PM-2026-0042")
        written.add_argument("--format", choices=FORMATS, default="markdown", help="default: markdown")

    def handle(self, *_: Any, action: str, **options: Any) -> None:
        try:
            if action == "export":
                self._export(options["number"], options["format"])
            else:
                self._import(options["files"])
        except DatabaseError as error:
            raise CommandError(f"The database refuses: {str(error).strip()}") from error

    # -- in ------------------------------------------------------------------------------------------------------------
    def _import(self, files: list[str]) -> None:
        # Those that cannot be read at all are wrong usage: nothing is begun.
        texts = [(name, _raw(name)) for name in files]
        refused = 0
        for name, raw in self._watched(texts):
            try:
                for line in _taken(name, raw):
                    self.stdout.write(line)
            except Unreadable as unreadable:
                refused += 1
                for line in unreadable.errors:
                    self.stderr.write(f"{name}: refused: {line}")
            except Refused as again:
                refused += 1
                self.stderr.write(f"{name}: refused: {again.message}")
        if refused:
            raise CommandError(f"{refused} of {len(files)} files refused; nothing of them was written.")

    def _watched(self, texts: list[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
        """With a bar for who waits at a terminal for many."""
        bar = Console(stderr=True)
        yield from track(texts, "Reading", console=bar, disable=len(texts) < MANY or not bar.is_terminal)

    # -- out -----------------------------------------------------------------------------------------------------------
    def _export(self, number: str, form: str) -> None:
        row = Postmortem.objects.filter(number=number.strip().upper().replace("\x00", "")).first()
        if row is None:
            raise CommandError(f"There is no postmortem {one_line(number, 40)}.")
        if form == "pdf" and sys.stdout.isatty():
            raise CommandError("A PDF is nothing for a terminal: send it to a file with > NAME.pdf", returncode=2)
        try:
            body = exchange.export(row, form).body
        except PdfMissing as missing:
            raise CommandError(str(missing)) from missing
        if form == "pdf":
            sys.stdout.buffer.write(body)
            sys.stdout.buffer.flush()
        else:
            self.stdout.write(body.decode(), ending="")


def _raw(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(name).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise CommandError(f"{name!r} cannot be read: {why}", returncode=2) from error


def _taken(name: str, raw: bytes) -> Iterator[str]:
    """What was made of one file, line by line. Raises Unreadable, Refused; then nothing of it was written."""
    now = timezone.now()
    found = exchange.understand(Path(name).name, exchange.decoded(raw), None, now)
    with transaction.atomic():
        made = [(exchange.take(each, Path(name).name, None, now), each) for each in found]
    for row, each in made:
        yield f"{one_line(name, 200)}: {row.number} {row.title}".rstrip()
        yield from _told(each)


def _told(each: Understood) -> Iterator[str]:
    for span, length in each.spans.items():
        yield f"  duration {span}: {_minutes(length)}"
    compared = each.compared
    if compared:
        equals = f" = {', '.join(compared.equals)}" if compared.equals else ""
        yield f"  stated: {_minutes(compared.stated)}{equals}"
    if compared and compared.differs and compared.difference is not None:
        longer = _minutes(compared.stated + compared.difference)
        yield f"  differs: {compared.compared_with} is {longer}, stated are {_minutes(compared.stated)}"
    for note in each.notes:
        yield f"  note: {note.where}: {exchange.sentence(note.message)}"
    for unknown in each.unknown:
        yield f"  unknown: {unknown.where}: {one_line(unknown.name)} is no account here; kept as text"
    for left in each.unplaced:
        line = f" (line {left.line})" if left.line else ""
        said = f"{one_line(left.text, 500)}: {exchange.sentence(left.reason)}"
        yield f"  not placed: {left.where or 'document'}{line}: {said}"
    for finding in each.findings:
        yield f"  missing: {finding.rule} ({finding.group}) {finding.where}: {exchange.sentence(finding.message)}"


def _minutes(span: timedelta) -> str:
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    return f"{minutes} min {seconds} s" if seconds else f"{minutes} min"
