"""Keeps the engine's light green where the story stands still: `python -m tests.browser.pulse` until stdin ends."""

import os
import select
import sys
from datetime import UTC, datetime

import django

SECONDS = 5


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "incidentops.settings"
    django.setup()
    from oncall.models import JobRun  # noqa: PLC0415 - only now can models be imported

    while not select.select([sys.stdin], [], [], SECONDS)[0]:
        JobRun.objects.update(done_at=datetime.now(UTC))


if __name__ == "__main__":
    main()
