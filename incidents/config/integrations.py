"""`integrations`: senders' keys, found by service and name. A key is stored hashed and never written out again."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Final, Literal

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from pydantic import BeforeValidator, ValidationInfo, field_validator

from incidents import integrations, signing
from incidents.logic import signatures
from incidents.models import InboxItem, Integration
from oncall import keys
from oncall.documents import Column, Entry, Item, Mention, Problem, Reference, Run, Section, Shape, rows
from oncall.documents.kinds import Level, Minutes, Name, Slug, Word
from oncall.documents.problems import Path
from oncall.documents.run import Index

NEVER_NOTICED: Final = gettext_lazy("without it a missing heartbeat is never noticed")
ROUTING_KEY_LENGTH: Final = 32
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{20,64}", re.ASCII)


def _mapping(value: Any) -> Any:
    return {} if value is None else value


class IntegrationShape(Shape):
    name: Name
    service: Slug
    format: Literal["generic", "alertmanager", "pagerduty", "heartbeat"]
    key: str | None = None
    enabled: bool = True
    severity_map: Annotated[dict[Word, Level], BeforeValidator(_mapping)] = {}
    per_alert: bool = False
    limit_per_minute: Minutes | None = None
    every_minutes: Minutes | None = None
    signing_secret: str | None = None

    @field_validator("signing_secret")
    @classmethod
    def _long_enough(cls, secret: str | None) -> str | None:
        if secret and (why := signatures.problem(secret)):
            raise ValueError(why)
        return secret

    @field_validator("key")
    @classmethod
    def _well_formed(cls, key: str | None, info: ValidationInfo) -> str | None:
        if key is None:
            return None
        if info.data.get("format") == "pagerduty" and len(key) != ROUTING_KEY_LENGTH:
            raise ValueError(_("a PagerDuty routing key has exactly 32 characters"))
        if not _KEY.fullmatch(key):
            raise ValueError(_("a key has 20 to 64 characters of A–Z, a–z, 0–9, _ and -"))
        return key

    @property
    def identity(self) -> str:
        return f"{self.service}/{self.name}"

    def mentions(self) -> Iterator[Mention]:
        yield Mention(("service",), "services", self.service)
        for word, level in self.severity_map.items():
            yield Mention(("severity_map", word), "severities", level)

    def doubts(self) -> Iterator[tuple[Path, str]]:
        heartbeat = self.format == "heartbeat"
        if heartbeat and "every_minutes" in self.model_fields_set and self.every_minutes is None:
            yield ("every_minutes",), str(NEVER_NOTICED)
        if not heartbeat and self.every_minutes is not None:
            yield ("every_minutes",), _("only heartbeats use it")


class Integrations(Section[Integration]):
    name: ClassVar[str] = "integrations"
    noun: ClassVar[str] = "integration"
    shape = IntegrationShape
    columns = (
        Column("name"),
        Reference("service", "services"),
        Column("format"),
        Column("enabled"),
        Column("severity_map"),
        Column("per_alert"),
        Column("limit_per_minute"),
        Column("every_minutes"),
    )
    parts = ("key", "signing_secret")
    model = Integration

    def rows(self) -> QuerySet[Integration]:
        return Integration.objects.select_related("service")

    def identity(self, row: Integration) -> str:
        return f"{row.service.slug}/{row.name}"

    def indexes(self) -> dict[str, Index]:
        return {"integrations": lambda: {self.identity(row): row.pk for row in self.rows()}}

    def verify(self, run: Run, entry: Entry, row: Integration | None) -> Iterator[Problem]:
        shape: IntegrationShape = entry.shape
        if row is None and shape.format == "heartbeat" and "every_minutes" not in shape.model_fields_set:
            run.warn([entry.problem(str(NEVER_NOTICED), "every_minutes")])
        if shape.key is None:
            # Of the key that is there only a hash is known, so its length cannot be judged.
            if row and row.format != "pagerduty" and shape.format == "pagerduty":
                yield entry.problem(_("write a key of 32 characters: the old one may be of another length"), "key")
            return
        digest = keys.digest(shape.key)
        holder = Integration.every.filter(key_digest=digest).first()
        if holder and holder != row:
            yield entry.problem(_("the integration %s has this key") % holder, "key")
        same = [
            other
            for other in run.entries["integrations"]
            if other.shape.key == shape.key and other.identity != entry.identity
        ]
        if same:
            yield entry.problem(_("%s has this key too") % same[0].identity, "key")

    def new(self, run: Run, entry: Entry) -> Integration:
        key = entry.shape.key
        if key is None:
            key = keys.new_key(ROUTING_KEY_LENGTH)
            run.keys.append((entry.identity, key))
        return Integration(key_prefix=keys.prefix(key), key_digest=keys.digest(key))

    def wanted(self, entry: Entry, row: Integration, before: dict[str, Any]) -> dict[str, Any]:
        wanted = super().wanted(entry, row, before)
        key = wanted.pop("key", None)
        if key is not None and keys.digest(key) != row.key_digest:
            wanted["key"] = f"{keys.prefix(key)}…"  # what may be shown of it; `write_parts` has the whole
        if "signing_secret" in wanted:
            secret = wanted.pop("signing_secret")
            if integrations.signing_secrets(row) != ([secret] if secret else []):
                wanted["signing_secret"] = _("(a new one)") if secret else _("(given up)")
        return wanted

    def write_parts(self, run: Run, items: Sequence[Item[Integration]]) -> None:
        for item in items:
            _write_secret(run, item)
            if not item.new:
                _write_key(run, item)
                _move_heartbeat(item)
        if items:
            transaction.on_commit(integrations.forget_keys)

    def keep(self, run: Run, row: Integration) -> str:
        """An accepted alert is never lost: the inbox goes with its integration."""
        waiting = InboxItem.objects.filter(integration=row).exclude(state=InboxItem.State.DONE).count()
        told = ngettext("%d accepted alert waits in its inbox", "%d accepted alerts wait in its inbox", waiting)
        return told % waiting if waiting else ""


def _write_key(run: Run, item: Item[Integration]) -> None:
    if "key" in item.wanted:
        key: str = item.entry.shape.key
        item.row.key_prefix, item.row.key_digest = keys.prefix(key), keys.digest(key)
        rows.save(item.row, ["key_prefix", "key_digest"], run.now)


def _write_secret(run: Run, item: Item[Integration]) -> None:
    """A file says which one secret is good; rotating with two is done in the console or by the API."""
    if "signing_secret" not in item.wanted:
        return
    signing.stop(item.row, run.now)
    if item.entry.shape.signing_secret:
        signing.require(item.row, run.now, item.entry.shape.signing_secret)


def _move_heartbeat(item: Item[Integration]) -> None:
    """The clock that runs follows the new interval; one that is switched on or off starts with the next ping."""
    due = item.row.heartbeat_due_at
    if due is None or not {"enabled", "every_minutes", "format"} & item.wanted.keys():
        return
    old, new = item.before["every_minutes"], item.row.every_minutes
    if "every_minutes" in item.wanted and len(item.wanted) == 1 and old and new:
        due = due + timedelta(minutes=new - old)
    else:
        due = None
    # The engine's own column; configuration history does not follow it.
    Integration.objects.filter(pk=item.row.pk).update(heartbeat_due_at=due)
