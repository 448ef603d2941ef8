"""The demo company: made from its configuration file in an empty database, taken away again with its past."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import CharField, ProtectedError, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.text import slugify
from ruamel.yaml import YAML

from incidentops import configuration
from incidents.models import Incident, Integration, Service
from oncall.models import (
    Channel,
    EscalationPolicy,
    Handoff,
    LayerMember,
    Notification,
    Page,
    PolicyVersion,
    Schedule,
    Shift,
    StepTarget,
    Team,
    User,
)
from postmortems.models import Postmortem

FILE: Path = settings.BASE_DIR / "incidentops" / "demo" / "company.yaml"

AT_ONCE = 1_000


class InUseError(Exception):
    """Something that is not the demo's needs a part of it; the text lists what."""


def untouched() -> bool:
    """No team and no service is here nor ever was: a company that was removed does not come back."""
    return not any((Team.objects.exists(), Service.objects.exists(), Team.history.exists(), Service.history.exists()))


def make(now: datetime) -> None:
    """Applies the demo's configuration file; raises `documents.Invalid` where the file is refused."""
    configuration.apply([(FILE.name, FILE.read_text(encoding="utf-8"))], now)


def key() -> str | None:
    """The key that the file gives its `generic` integration, while that integration is here and enabled."""
    for entry in _entries("integrations"):
        here = Integration.objects.filter(
            service__slug=entry["service"], name=entry["name"], format=Integration.Format.GENERIC, enabled=True
        )
        if entry.get("key") and here.exists():
            return str(entry["key"])
    return None


def _entries(section: str) -> Iterator[dict[str, Any]]:
    for document in YAML(typ="safe").load_all(FILE.read_text(encoding="utf-8")):
        yield from (document or {}).get(section) or []


def _slugs(section: str) -> list[str]:
    return [entry.get("slug") or slugify(entry["name"]) for entry in _entries(section)]


@transaction.atomic
def remove() -> dict[str, int]:
    """Deletes what the file made and what happened to it; says how much of each. Nothing of anybody else's.

    Superusers and the history of configuration stay. Raises InUseError, having changed nothing.
    """
    services = Service.objects.filter(slug__in=_slugs("services"))
    policies = EscalationPolicy.objects.filter(slug__in=_slugs("escalation_policies"))
    schedules = Schedule.objects.filter(slug__in=_slugs("schedules"))
    teams = Team.objects.filter(slug__in=_slugs("teams"))
    channels = Channel.objects.filter(slug__in=_slugs("channels"))
    people = User.objects.filter(username__in=[entry["username"] for entry in _entries("users")], is_superuser=False)
    users = _users_of(services, policies, schedules, teams, people)
    if users:
        raise InUseError("; ".join(users))
    incidents = Incident.objects.filter(service__in=services)
    versions = PolicyVersion.objects.filter(policy__in=policies, pages=None)  # others' past pages keep theirs
    subjects = incidents.order_by().values_list(Concat(Value("incident:"), Cast("pk", CharField())), flat=True)
    pages = Page.objects.filter(subject__in=subjects)
    messages = Notification.objects.filter(Q(page__in=pages) | Q(person__in=people) | Q(channel__in=channels))
    shifts = Shift.objects.filter(Q(schedule__in=schedules) | Q(person__in=people))
    learned = Postmortem.objects.filter(Q(incident__in=incidents) | Q(service__in=services))
    counts: dict[str, int] = {}
    try:
        # What points at something goes before it: the first ones by hand, the rest follow by the models' own rules.
        for name, rows in (
            *(("notifications", messages), ("pages", pages), ("postmortems", learned), ("incidents", incidents)),
            *(("services", services), ("handoffs", Handoff.objects.filter(schedule__in=schedules)), ("shifts", shifts)),
            *(("policies", versions), ("policies", policies), ("schedules", schedules)),
            *(("channels", channels), ("teams", teams), ("people", people)),
        ):
            counts[name] = _deleted(rows)
    except ProtectedError as error:
        needing = ", ".join(sorted({str(row) for row in error.protected_objects})[:5])
        raise InUseError(needing) from error
    return counts


def _deleted(rows: "QuerySet[Any]") -> int:
    """So many at a time: the ORM names each row that it deletes, and a statement holds 65,535 names at most."""
    count = 0
    while some := list(rows.order_by("pk").values_list("pk", flat=True).distinct()[:AT_ONCE]):
        count += rows.model._base_manager.filter(pk__in=some).delete()[1].get(rows.model._meta.label, 0)
    return count


def _users_of(services: Any, policies: Any, schedules: Any, teams: Any, people: Any) -> list[str]:
    """What is not the demo's but would lose something with it, in words."""
    own_services = Service.objects.exclude(pk__in=services).filter(
        Q(escalation_policy__in=policies) | Q(severity_policies__policy__in=policies)
    )
    turns = LayerMember.objects.filter(user__in=people).exclude(layer__schedule__in=schedules)
    targets = StepTarget.objects.exclude(step__policy__in=policies).filter(
        Q(schedule__in=schedules) | Q(user__in=people) | Q(team__in=teams)
    )
    return sorted(
        {
            *(f"service {service}" for service in own_services),
            *(f"schedule {turn.layer.schedule}" for turn in turns.select_related("layer__schedule")),
            *(f"escalation policy {target.step.policy}" for target in targets.select_related("step__policy")),
        }
    )
