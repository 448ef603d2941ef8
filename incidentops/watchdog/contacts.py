"""Who is told when the engine is not well: a list in a file, so that it is at hand when the database is away."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import structlog
from django.conf import settings
from django.db.models import Prefetch

from oncall.models import ContactMethod, User

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Contact:
    """An address. `guarded`: a person typed it, so it may not lead into the internal network."""

    address: str
    guarded: bool


def run(now: datetime) -> int:
    """Make the file say whom to tell; 1 where it said something else. The file changes whole or not at all."""
    path, text = _path(), _text(_listed())
    try:
        if path.read_text(encoding="utf-8") == text:
            return 0
    except (OSError, ValueError):
        log.info("contact_list_made", file=path.name)  # there was none, or none that could be read
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # addresses carry tokens
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return 1


@dataclass(slots=True)
class Book:
    """The list as it was last readable. The operator's own channel is in it whatever happens to the file."""

    last: tuple[Contact, ...] = field(default_factory=tuple)

    def read(self) -> None:
        """Take over what the file says now. One that cannot be read changes nothing, and is made anew by the job."""
        try:
            self.last = tuple(Contact(str(row["address"]), bool(row["guarded"])) for row in _rows())
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("contact_list_unreadable", error=type(error).__name__)

    def contacts(self) -> list[Contact]:
        return _once([*_operators_own(), *self.last])


def _path() -> Path:
    return Path(settings.DATA_DIR) / "watchdog-contacts.json"


def _rows() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(_path().read_text(encoding="utf-8"))
    return rows


def _text(contacts: Iterable[Contact]) -> str:
    return json.dumps([asdict(contact) for contact in contacts], indent=1) + "\n"


def _listed() -> list[Contact]:
    """The fallback channel, and every active superuser by each verified contact method, else by the account's mail."""
    verified = ContactMethod.objects.filter(verified_at__isnull=False)
    superusers = User.objects.filter(is_active=True, is_superuser=True).order_by("pk")
    people = superusers.prefetch_related(Prefetch("contact_methods", verified, to_attr="verified"))
    return _once([*_operators_own(), *(Contact(address, True) for user in people for address in _addresses(user))])


def _addresses(user: User) -> Iterator[str]:
    methods: list[ContactMethod] = getattr(user, "verified", [])
    yield from (method.address for method in methods)
    if not methods and user.email:
        yield user.email


def _operators_own() -> list[Contact]:
    return [Contact(settings.FALLBACK_CHANNEL_URL, False)] if settings.FALLBACK_CHANNEL_URL else []


def _once(contacts: Iterable[Contact]) -> list[Contact]:
    return list({contact.address: contact for contact in reversed(list(contacts))}.values())[::-1]
