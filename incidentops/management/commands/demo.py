"""`manage.py demo remove`: takes the demo company away, with what happened to it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from incidentops import demo


class Command(BaseCommand):
    help = "remove: deletes the demo company and its past (incidents, alerts, pages, messages, shifts)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=["remove"])

    def handle(self, *_: Any, **__: Any) -> None:
        try:
            counts = demo.remove()
        except demo.InUseError as error:
            raise CommandError(
                f"Nothing was removed: these still use parts of the demo: {error}. Change them first."
            ) from error
        removed = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
        self.stdout.write(f"Removed: {removed}" if removed else "There was nothing of the demo left.")
