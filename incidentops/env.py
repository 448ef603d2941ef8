"""Reads the environment: types, secrets from files, and what production must not lack."""

import os
import secrets
import stat
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

NEEDED_IN_PRODUCTION = {
    "SECRET_KEY": "a long random text, e.g. `python3 -c 'import secrets; print(secrets.token_urlsafe(50))'`",
    "ALLOWED_HOSTS": "the host names people use, e.g. ALLOWED_HOSTS=incidents.example.org",
    "SITE_URL": "the https address people use, e.g. SITE_URL=https://incidents.example.org",
    "EMAIL_URL": "the mail server, e.g. EMAIL_URL=smtp+tls://user:password@mail.example.org:587",
    "FALLBACK_CHANNEL_URL": "who hears of it when nobody can be paged, e.g. mailto:ops@example.org or slack://…",
}

# libpq's, unless DATABASE_URL says otherwise. A host that vanishes (no reset, no answer) is noticed within fifteen
# seconds, whether a statement is on its way, an answer awaited or nothing said; by default it takes up to two hours.
POSTGRES_OPTIONS: dict[str, Any] = {
    "server_side_binding": True,
    "prepare_threshold": 5,
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds; Linux only, elsewhere libpq passes over it
    "options": "-c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000 -c lock_timeout=10000",
}


class Environment(environ.FileAwareEnv):
    """Every setting may be given as NAME or, for secrets, as NAME_FILE; the newline that editors leave is cut off."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        value = super().get_value(var, *args, **kwargs)
        return value.strip() if isinstance(value, str) else value

    def given(self, name: str) -> str:
        """The text of a setting, empty when absent."""
        return str(self.get_value(name, default=""))


def missing_in_production(env: Environment) -> list[str]:
    """One line for each setting that production lacks, saying what to write."""
    missing = [f"{name}: {hint}" for name, hint in NEEDED_IN_PRODUCTION.items() if not env.given(name)]
    site_url = env.given("SITE_URL")
    if site_url and not site_url.startswith("https://"):
        missing.append(f"SITE_URL is {site_url!r} and must begin with https://")
    return missing


def require_production(env: Environment) -> None:
    """Raise ImproperlyConfigured naming all that is missing at once."""
    missing = missing_in_production(env)
    if missing:
        lines = "\n  ".join(missing)
        raise ImproperlyConfigured(
            f"ENVIRONMENT=production cannot start. Set (or give as NAME_FILE a file that holds it):\n  {lines}"
        )


def database(url: str) -> dict[str, Any]:
    """Django's form of a database address. Raises ImproperlyConfigured for one that names no database of ours."""
    found: dict[str, Any] = Environment.db_url_config(url)
    if not str(found.get("ENGINE", "")).endswith((".sqlite3", ".postgresql")):
        raise ImproperlyConfigured(
            "DATABASE_URL must look like postgres://user:password@host:5432/name or sqlite:////folder/file.sqlite3"
        )
    return found


def generated_secret(data_dir: Path) -> str:
    """The demo's secret key: made once, readable by its owner only.

    Created exclusively and moved into place by link, so that processes starting together agree on one.
    """
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        fresh = data_dir / f".secret_key.{os.getpid()}"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, stat.S_IRUSR | stat.S_IWUSR)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
        if path.exists():
            fresh.unlink()
        else:
            fresh.replace(path)
    return path.read_text().strip()
