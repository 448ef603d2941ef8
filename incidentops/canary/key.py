"""The canary's key, in a file of DATA_DIR, and the integration that it opens; each is made anew where it is lost."""

import contextlib
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from incidents import integrations
from incidents.models import Integration, Service
from oncall import keys

# No form takes this slug, so that nobody can have taken it.
SLUG: Final = "incidentops.canary"
#: A key that was lost: its integration is deleted when nothing has come by it for so long.
UNUSED: Final = timedelta(days=1)


def service() -> Service:
    """The hidden service, made where it is missing; two who make it at once make one."""
    defaults = {"name": "Canary", "canary": True, "grouping_minutes": 0}
    with transaction.atomic():
        row, made = Service.every.get_or_create(slug=SLUG, defaults=defaults)
        if made:
            Service.history.filter(id=row.pk).delete()  # its history would be as visible as that of what was deleted
    return row


def opened(of: Service, now: datetime) -> str:
    """A key that the ingest door takes. Raises OSError where DATA_DIR cannot be written."""
    key = _kept()
    digest = keys.digest(key)
    with transaction.atomic():
        _open(of, key, digest, now)
        Integration.history.filter(service_id=of.pk).delete()
    return key


def _open(of: Service, key: str, digest: str, now: datetime) -> None:
    own = Integration.every.filter(service=of)
    if not own.filter(key_digest=digest, enabled=True, signing_secret="").exists():
        own.filter(key_digest=digest).delete()
        # Of two watchdogs with one file the second finds the first one's.
        with contextlib.suppress(integrations.KeyRefused, IntegrityError), transaction.atomic():
            integrations.create(of, f"Canary {digest[:12]}", Integration.Format.GENERIC, now, key)
    old = Q(last_seen_at=None) | Q(last_seen_at__lt=now - UNUSED)
    own.filter(old, inbox=None).exclude(key_digest=digest).delete()


def _kept() -> str:
    """The file's key. Whoever comes second in making the file takes over what is in it."""
    path = Path(settings.DATA_DIR) / "canary-key"
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if len(key := path.read_text(encoding="ascii").strip()) == integrations.KEY_LENGTH and key.isalnum():
            return key
        path.unlink()  # it holds something else
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(keys.new_key(integrations.KEY_LENGTH))
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    return path.read_text(encoding="ascii").strip()
