"""What an empty database gets at the first start: somebody who may do everything, and in the demo a small company."""

import secrets
from datetime import datetime
from pathlib import Path

from django.conf import settings
from ruamel.yaml import YAML

from incidents import config
from incidents.models import Integration, Service
from oncall.models import Team, User

DEMO_FILE = Path(config.__file__).resolve().parent / "demo" / "company.yaml"


def first_admin() -> tuple[str, str] | None:
    """Name and password of a superuser made because there was none; the password is kept nowhere else."""
    if User.objects.filter(is_superuser=True).exists():
        return None
    taken = set(User.objects.filter(username__startswith="admin").values_list("username", flat=True))
    username = next(name for name in ("admin", *(f"admin{number}" for number in range(2, 99))) if name not in taken)
    password = secrets.token_urlsafe(12)
    email = "" if settings.PRODUCTION else f"{username}@localhost"
    User.objects.create_superuser(username, email, password, name="Administrator")
    return username, password


def untouched() -> bool:
    """No team and no service is here nor ever was: a company that was removed does not come back."""
    return not any((Team.objects.exists(), Service.objects.exists(), Team.history.exists(), Service.history.exists()))


def demo_company(now: datetime) -> None:
    """Applies the demo's configuration file; raises what `config.apply` raises where the file is refused."""
    config.apply([DEMO_FILE], now)


def demo_key() -> str | None:
    """The key that the demo file gives its `generic` integration, while that integration is here and enabled."""
    for document in YAML(typ="safe").load_all(DEMO_FILE.read_text(encoding="utf-8")):
        for entry in (document or {}).get("integrations", []):
            here = Integration.objects.filter(
                service__slug=entry["service"], name=entry["name"], format=Integration.Format.GENERIC, enabled=True
            )
            if entry.get("key") and here.exists():
                return str(entry["key"])
    return None
