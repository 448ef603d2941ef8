"""The application under somebody else's web server, which knows nothing of our environment."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.running import ROOT

pytestmark = pytest.mark.services
_ASKED = "import incidentops.wsgi, celery; print(celery.current_app.conf.broker_url)"


def test_a_nudge_goes_to_our_broker_however_the_process_was_started(tmp_path: Path) -> None:
    """Celery's application was loaded only where the settings were named before the package was imported; else a nudge
    went to the default of another kind of broker, and pages waited for the beat."""
    url = "redis://127.0.0.1:6379/11"
    named = {"DJANGO_SETTINGS_MODULE", "BROKER_URL", "DATABASE_URL"}
    environ = {name: value for name, value in os.environ.items() if name not in named}
    done = subprocess.run(
        [sys.executable, "-c", _ASKED],
        cwd=ROOT,
        env={**environ, "DATA_DIR": str(tmp_path), "REDIS_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == url
