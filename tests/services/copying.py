"""Makes copies one after the other, as `manage.py backup` does: `python -m tests.services.copying FOLDER COUNT`.

Each line that it prints is the moment (seconds since 1970) before the copy of that line was begun.
"""

import io
import sys
import time
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402

for number in range(int(sys.argv[2])):
    sys.stdout.write(f"{time.time()}\n")
    call_command("backup", str(Path(sys.argv[1]) / f"copy-{number}"), stdout=io.StringIO())
