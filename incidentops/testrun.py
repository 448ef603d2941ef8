"""`manage.py test`: runs pytest in a world of its own, whatever is set on the developer's machine."""

from __future__ import annotations

import os
import tempfile

import pytest

# DATABASE_URL stays: given, the tests run on that server (in a database of their own); else on SQLite.
FORGOTTEN = [
    *("ALLOWED_HOSTS", "BIND", "BROKER_URL", "DEFAULT_FROM_EMAIL", "EMAIL_URL", "ENVIRONMENT", "FALLBACK_CHANNEL_URL"),
    *("HEARTBEAT_URL", "OUTBOUND_ALLOW", "PORT", "REDIS_URL", "SECRET_KEY", "SITE_URL", "DJANGO_SETTINGS_MODULE"),
]
USUAL = ["-q", "-n", "2", "-m", "not services"]


def main(arguments: list[str]) -> int:
    """Passes `arguments` to pytest, the usual ones where there are none; the exit status is pytest's."""
    for name in FORGOTTEN:
        os.environ.pop(name, None)
        os.environ.pop(name + "_FILE", None)
    with tempfile.TemporaryDirectory(prefix="incidentops-test-", ignore_cleanup_errors=True) as folder:
        os.environ["DATA_DIR"] = folder
        return int(pytest.main(arguments or USUAL))
