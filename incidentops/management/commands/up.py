"""`manage.py up`: prepares everything and runs it in this terminal until Ctrl-C."""

import contextlib
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection, connections
from django.utils import timezone

from incidentops import demo, demo_past, first_data, readiness
from incidentops.bootstrap import alone
from incidentops.processes.together import Plan, hand_over

# What --only says, and what it starts.
PROCESSES = {"web": ("web",), "worker": ("paging", "bulk"), "beat": ("beat",), "watchdog": ("watchdog",)}
MIGRATION_LOCK = 4_142_022_026  # any number, the same for all of us: PostgreSQL's advisory lock
MIGRATION_WAIT_SECONDS = 120


class Command(BaseCommand):
    help = "Prepares everything (database, first account, demo company) and runs it until Ctrl-C."
    requires_system_checks: list[str] = []  # checked as a step, with its own line

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--only", default="", metavar="web,worker,beat,watchdog", help="run only these processes")

    def handle(self, *_: Any, **options: Any) -> None:
        names = _chosen(options["only"])
        address, port = settings.BIND, settings.PORT
        self.admin: tuple[str, str] | None = None
        if "web" in names and (reason := readiness.port_taken(address, port)):
            raise CommandError(
                f"Port {port} on {address} cannot be used ({reason}). Perhaps IncidentOps runs already; else end what "
                f"uses it, or take another: PORT={port + 1} python3 manage.py up"
            )
        try:
            if names != ["watchdog"]:  # it makes nothing, and starts also where the database is away
                self._prepare()
        except OperationalError as error:
            hint = (
                f"Is there space left in {settings.DATA_DIR}?" if connection.vendor == "sqlite" else "See DATABASE_URL."
            )
            raise CommandError(f"The database cannot be used: {str(error).strip()}. {hint}") from error
        plan = self._plan(names, address, port)
        connections.close_all()
        self.stdout.write(f"Starting {', '.join(names)} …")
        self.stdout.flush()
        hand_over(plan)

    def _prepare(self) -> None:
        with self._step("Checking the settings"):
            self.check()
        with _one_at_a_time():
            with self._step("Bringing the database up to date"):
                call_command("migrate", interactive=False, verbosity=0)
            if not settings.PRODUCTION and demo.untouched():
                with self._step("Making the demo company"):
                    now = timezone.now()
                    demo.make(now)
                    demo_past.tell(now)
            with self._step("Looking for an administrator"):  # last: nothing may fail between the password and its line
                self.admin = first_data.first_admin()

    def _plan(self, names: list[str], address: str, port: int) -> Plan:
        module = "incidentops.processes."
        arguments = {name: [module + "jobs", name] for name in names if name not in ("web", "watchdog")}
        web = None
        if "web" in names:
            arguments["web"] = [module + "web", address, str(port)]
            web = (address, port, readiness.asked_name(settings.ALLOWED_HOSTS, address))
        if "watchdog" in names:
            arguments["watchdog"] = [module + "watchdog", *_door(web is not None)]
        programs = [(name, [sys.executable, "-m", *argv]) for name, argv in arguments.items()]
        return Plan(programs, web, self._what_to_try() if web else [], self._password())

    def _what_to_try(self) -> list[str]:
        url = settings.SITE_URL
        key = None if settings.PRODUCTION else demo.key()
        commands = enumerate(readiness.next_commands(url, key), start=1)
        return [
            *("", f"  IncidentOps is ready: {url}", "  Try next, in another terminal:"),
            *(f"    {number}. {command}" for number, command in commands),
            "",
        ]

    def _password(self) -> list[str]:
        if self.admin is None:
            return []
        name, password = self.admin
        return ["", f"  Sign in as {name} with the password {password} (shown only now; change it there)"]

    @contextlib.contextmanager
    def _step(self, what: str) -> Iterator[None]:
        began = time.monotonic()
        self.stdout.write(f"{what} … ", ending="")
        self.stdout.flush()
        try:
            yield
        except BaseException:
            self.stdout.write("failed")
            raise
        self.stdout.write(f"done ({time.monotonic() - began:.1f} s)")


def _door(web: bool) -> list[str]:
    """Where the watchdog posts its canaries, unless it is the web server beside it."""
    return [settings.CANARY_URL or settings.SITE_URL] if settings.CANARY_URL or not web else []


def _chosen(only: str) -> list[str]:
    """The programs to start. Raises CommandError (exit status 2) naming a word that is none."""
    words = [word.strip() for word in only.split(",") if word.strip()] or list(PROCESSES)
    for word in words:
        if word not in PROCESSES:
            raise CommandError(f"--only: {word!r} is none of {', '.join(PROCESSES)}.", returncode=2)
    return [name for word, names in PROCESSES.items() if word in words for name in names]


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Several machines or terminals started at once prepare one database one after the other."""
    if connection.vendor != "postgresql":
        with alone(settings.DATA_DIR / "up.lock"):
            yield
        return
    with connection.cursor() as cursor:
        _wait_for(lambda: _first(cursor, "SELECT pg_try_advisory_lock(%s)"))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            _first(cursor, "SELECT pg_advisory_unlock(%s)")


def _first(cursor: Any, statement: str) -> bool:
    cursor.execute(statement, [MIGRATION_LOCK])
    return bool(cursor.fetchone()[0])


def _wait_for(true: Callable[[], bool]) -> None:
    end = time.monotonic() + MIGRATION_WAIT_SECONDS
    while not true():
        if time.monotonic() > end:
            raise CommandError("Another start has been preparing the database for two minutes; end it, then try again.")
        time.sleep(0.5)
