"""Where an installation for tests stands: a database of its own, made whole once and copied, and the environment."""

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.chaos.servers import Redis
from tests.oncall.provider import Provider
from tests.services.running import LOOPBACK, ROOT, Installation, manage

COMPANY = Path(__file__).with_name("company.yaml")
# What the surroundings may say to a command of ours, and must not.
OURS = [
    *("DATABASE_URL", "REDIS_URL", "BROKER_URL", "DATA_DIR", "SECRET_KEY", "ALLOWED_HOSTS", "SITE_URL", "EMAIL_URL"),
    *("FALLBACK_CHANNEL_URL", "HEARTBEAT_URL", "OUTBOUND_ALLOW", "PORT", "BIND", "ENVIRONMENT", "DEFAULT_FROM_EMAIL"),
]


def postgres_server() -> str:
    """The server of IOPS_TEST_DATABASE_URL or DATABASE_URL, else the one on loopback; without a database's name."""
    given = os.environ.get("IOPS_TEST_DATABASE_URL") or os.environ.get("DATABASE_URL", "")
    url = given if given.startswith("postgres") else "postgres://root@127.0.0.1:5432/postgres"
    return url.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Ground:
    """What every installation of a run shares: where it stands, who hears it, and zoe's API token."""

    folder: Path
    provider: Provider
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(40))

    def environment(self, **more: str) -> dict[str, str]:
        """The surroundings without what they say of IncidentOps."""
        kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in OURS}
        return {
            **kept,
            "ENVIRONMENT": "demo",
            "SECRET_KEY": self.secret,
            "OUTBOUND_ALLOW": LOOPBACK,
            "FALLBACK_CHANNEL_URL": f"json://{LOOPBACK}:{self.provider.port}/fallback",
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "incidentops.settings",
            **more,
        }

    def found(self, environ: Mapping[str, str], tree: Path = ROOT) -> str:
        """Migrate and fill the database of `environ`, by the version in `tree`; returns zoe's API token."""
        self.fill(environ, COMPANY if tree == ROOT else tree / COMPANY.relative_to(ROOT), tree)
        return manage(environ, "token", "zoe", "--scope", "write", tree=tree).split()[-1]

    def fill(self, environ: Mapping[str, str], file: Path, tree: Path = ROOT) -> None:
        """Migrate the database of `environ` and apply the file, whose PROVIDER is ours."""
        company = self.folder / "company.yaml"
        text = file.read_text(encoding="utf-8").replace("PROVIDER", f"{LOOPBACK}:{self.provider.port}")
        company.write_text(text, encoding="utf-8")
        manage(environ, "migrate", "-v0", tree=tree)
        manage(environ, "config", "apply", str(company), tree=tree)


class Postgres:
    """Databases on the server: one made whole, the others copied from it."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.server = postgres_server()
        self.name = f"iops_svc_{os.getpid()}"
        self.count = 0
        self._sql(f'DROP DATABASE IF EXISTS "{self.name}"', f'CREATE DATABASE "{self.name}"')
        folder = ground.folder / "preparing"
        self.token = ground.found(
            ground.environment(DATABASE_URL=f"{self.server}/{self.name}", DATA_DIR=str(folder), REDIS_URL="")
        )

    @contextmanager
    def installation(self, **environ: str) -> Iterator[Installation]:
        """A new one on PostgreSQL and a Redis of its own, nothing started; ended and removed at the end."""
        with self.database(f' TEMPLATE "{self.name}"') as urls:
            folder = self.ground.folder / urls["DATABASE_URL"].rpartition("/")[2]
            folder.mkdir()
            made = Installation(self.ground.environment(**urls, **environ), folder, self.ground.provider, self.token)
            try:
                yield made
            finally:
                made.end()

    @contextmanager
    def database(self, like: str = "") -> Iterator[dict[str, str]]:
        """The environment's words for a database of its own, empty or `like` another one, and for a Redis of its own:
        workers of two installations on one Redis take one another's messages."""
        self.count += 1
        name = f"{self.name}_{self.count}"
        self._sql(f'CREATE DATABASE "{name}"{like}')
        self.ground.provider.requests.clear()
        try:
            with broker(self.ground.folder) as url:
                yield {"DATABASE_URL": f"{self.server}/{name}", "REDIS_URL": url}
        finally:
            self.drop(name)

    def remove(self) -> None:
        self.drop(self.name)

    def drop(self, name: str) -> None:
        self._sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _sql(self, *statements: str) -> None:
        with psycopg.connect(f"{self.server}/postgres", autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """The URL of a Redis that nobody else uses, ended at the end; its lines are in `folder`."""
    server = Redis(folder)
    try:
        server.start()
        yield server.url
    finally:
        server.kill()


@contextmanager
def embedded(ground: Ground) -> Iterator[Installation]:
    """A new one as a newcomer has it: a SQLite file and a folder as the broker; nothing started."""
    folder = ground.folder / f"embedded-{secrets.token_hex(3)}"
    folder.mkdir()
    ground.provider.requests.clear()
    environ = ground.environment(DATA_DIR=str(folder))
    token = ground.found(environ)
    made = Installation(environ, folder, ground.provider, token)
    try:
        yield made
    finally:
        made.end()
        shutil.rmtree(folder, ignore_errors=True)
