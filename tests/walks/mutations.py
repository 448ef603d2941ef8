"""What people do to configuration while incidents run, sensible or not: each one a change to a small company."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from django.db.models import Model

from incidents.models import Integration, Maintenance, Service, Severity, SeverityPolicy, Silence
from oncall.models import (
    Channel,
    ContactMethod,
    EscalationPolicy,
    EscalationStep,
    Layer,
    LayerMember,
    Leave,
    NotificationRule,
    Override,
    Schedule,
    StepTarget,
    Team,
    TeamMember,
    User,
)
from tests.walks.conftest import World

Mutation = Callable[[World, Random], None]
_ZONES = ("Mars/Olympus", "", "../etc/passwd", "UTC+25")
_ADDRESSES = (
    "",
    "json://",
    "nosuch://x",
    "json://127.0.0.1:1/dead",
    "mailto:",
    "ntfys://",
    "json://[::1",
    "\u202e://x",
)


def _one(model: type[Model], random: Random) -> Any:
    rows = list(model._default_manager.order_by("pk"))
    return random.choice(rows) if rows else None


def _deleted(model: type[Model]) -> Mutation:
    def delete(world: World, random: Random) -> None:
        if row := _one(model, random):
            row.delete()

    delete.__name__ = f"{model.__name__} deleted"
    return delete


def _emptied(model: type[Model]) -> Mutation:
    def empty(world: World, random: Random) -> None:
        for row in model._default_manager.all():
            row.delete()

    empty.__name__ = f"every {model.__name__} deleted"
    return empty


def _set(model: type[Model], field: str, *values: Any) -> Mutation:
    def change(world: World, random: Random) -> None:
        row = _one(model, random)
        if row is None:
            return
        value = random.choice(values)
        setattr(row, field, value(world) if callable(value) else value)
        row.save()

    change.__name__ = f"{model.__name__}.{field} changed"
    return change


def everybody_away(world: World, random: Random) -> None:
    for user in User.objects.all():
        Leave.objects.create(user=user, starts_at=world.now - timedelta(hours=1), ends_at=world.now + timedelta(days=3))


def everybody_leaves(world: World, random: Random) -> None:
    for user in User.objects.all():
        user.is_active = False
        user.save()


def a_hole(world: World, random: Random) -> None:
    schedule, person = _one(Schedule, random), _one(User, random)
    if schedule and person:
        ends_at = world.now + timedelta(days=1)
        Override.objects.create(schedule=schedule, remove=person, starts_at=world.now, ends_at=ends_at)


def a_broken_silence(world: World, random: Random) -> None:
    text = random.choice(('title=~"("', 'title=~"*"', "{", "=", 'title=~"(a+)+$"', "\x00"))
    span = {"starts_at": world.now - timedelta(hours=1), "ends_at": world.now + timedelta(days=1)}
    Silence.objects.create(matchers=text, comment="broken", **span)


def maintenance_in_no_zone(world: World, random: Random) -> None:
    """A weekly window long over, whose team's clock cannot be read."""
    service = _one(Service, random)
    if service is None:
        return
    if service.team:
        service.team.timezone = random.choice(_ZONES)
        service.team.save()
    starts_at = world.now - timedelta(days=3)
    span = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=1)}
    Maintenance.objects.create(service=service, weekly=True, reason="broken", **span)


def another_policy(world: World, random: Random) -> None:
    policy = EscalationPolicy.objects.create(name="New", slug=f"new-{random.getrandbits(32):x}")
    severity = Severity.objects.get(rank=random.choice((1, 2)))
    for service in Service.objects.all():
        SeverityPolicy.objects.update_or_create(service=service, severity=severity, defaults={"policy": policy})


def targets_that_mean_nothing(world: World, random: Random) -> None:
    for target in StepTarget.objects.all():
        target.kind = random.choice((*StepTarget.Kind.values, "nobody"))
        target.save()


def steps_that_hurry(world: World, random: Random) -> None:
    for step in EscalationStep.objects.all():
        step.delay_minutes = random.choice((0, 1, 7))
        step.save()


def a_loop_of_dependencies(world: World, random: Random) -> None:
    for service in Service.objects.all():
        service.depends_on.add(service)


MUTATIONS: tuple[Mutation, ...] = (
    *(_deleted(model) for model in (User, Team, Schedule, Layer, LayerMember, EscalationPolicy, EscalationStep)),
    *(_deleted(model) for model in (StepTarget, ContactMethod, NotificationRule, TeamMember, Channel, SeverityPolicy)),
    *(_emptied(model) for model in (User, Team, Schedule, Layer, LayerMember, EscalationPolicy, EscalationStep)),
    *(_emptied(model) for model in (StepTarget, ContactMethod, NotificationRule, TeamMember)),
    _set(User, "is_active", False),
    _set(User, "timezone", *_ZONES),
    _set(User, "name", "", "x" * 150, "\u202e{}%(name)s", "%s {0}"),
    _set(User, "holidays", "XX", "PT"),
    _set(ContactMethod, "address", *_ADDRESSES),
    _set(ContactMethod, "verified_at", None),
    _set(ContactMethod, "kind", "pigeon", "email"),
    _set(NotificationRule, "urgency", "low", "never"),
    _set(NotificationRule, "delay_minutes", 0, 1, 20),
    _set(Channel, "address", *_ADDRESSES),
    _set(Team, "timezone", *_ZONES),
    _set(Team, "lead", None),
    _set(Team, "holidays", "XX"),
    _set(Team, "working_days", ["someday"], [], [7], "mon", None, {"mon": True}),
    _set(Schedule, "timezone", *_ZONES),
    _set(Schedule, "team", None),
    _set(Layer, "timezone", *_ZONES),
    _set(Layer, "unit", "fortnightly", "", "hourly"),
    _set(Layer, "length", 1, 999),
    _set(Layer, "until_at", lambda world: world.now - timedelta(days=2)),
    _set(Layer, "start_at", lambda world: world.now + timedelta(days=4000), lambda world: world.now),
    _set(Layer, "position", 0, 5),
    _set(EscalationPolicy, "repeat", 0, 3),
    _set(EscalationPolicy, "repeat_after_minutes", 0, 1, None),
    _set(EscalationStep, "delay_minutes", 0, 1, 20),
    _set(Service, "escalation_policy", None),
    _set(Service, "team", None),
    _set(Service, "default_severity", None),
    _set(Service, "grouping_minutes", 0, 1, 5),
    _set(Service, "name", "", "\u202e%(title)s{}", "x" * 100),
    _set(Service, "runbook_url", "javascript:alert(1)", "%s", "{title}"),
    _set(Integration, "severity_map", [], {"critical": "SEV-9"}, {"critical": 5}, {"critical": None}, None, "SEV-1"),
    _set(Integration, "name", "", "%s{}"),
    _set(Severity, "aware", ["nobody"], [1, None], "team_lead", {"a": 1}, None, ["team_lead", "team_manager", "ana"]),
    _set(Severity, "required_layers", None, [None], "primary"),
    _set(Severity, "ack_timeout_minutes", None, 0, 1),
    _set(Severity, "response_minutes", None, 0, 1),
    _set(Severity, "name", "", "%s{}"),
    _set(Severity, "urgency", "low", "high", "frantic"),
    everybody_away,
    everybody_leaves,
    a_hole,
    a_broken_silence,
    maintenance_in_no_zone,
    another_policy,
    targets_that_mean_nothing,
    steps_that_hurry,
    a_loop_of_dependencies,
)
