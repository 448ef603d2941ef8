"""Fills an empty database with a believable past and present: `python -m tests.browser.story FILE`.

FILE gets what a browser needs to know: the addresses of phone pages and links, and a row of every model.
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import django


def main(file: Path) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "incidentops.settings"
    django.setup()
    # Only now: models can be imported once Django is set up, and this is a program of its own.
    import orjson  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    from tests.browser import past, present, rows  # noqa: PLC0415
    from tests.browser.clock import Clock  # noqa: PLC0415

    settings.CELERY_NUDGES = False
    now = datetime.now(UTC).replace(microsecond=0)
    call_command("migrate", interactive=False, verbosity=0)
    clock = Clock(now)
    past.tell(clock)
    shown = present.tell(clock)
    file.write_bytes(orjson.dumps({**shown, "rows": rows.of_every_model()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
