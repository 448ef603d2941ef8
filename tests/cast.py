"""The one cast of people, teams, schedules, policies and services of the tests: small builders, no surprises."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.text import slugify

from incidents.models import Service
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

# A Wednesday, no change of clocks near it in any zone of the cast.
NOW = datetime(2026, 1, 14, 9, 0, tzinfo=UTC)

Target = Mapping[str, Any]


def person(username: str, *, verified: bool = True, rules: bool = True, **fields: Any) -> User:
    """Somebody with one email contact method `mail` and a rule at 0 minutes for both urgencies."""
    defaults = {"name": username.capitalize(), "email": f"{username}@example.org", "timezone": "Europe/Lisbon"}
    user = User.objects.create(username=username, **{**defaults, **fields})
    method = contact(user, "mail", user.email, kind="email", verified=verified)
    if rules:
        rule(user, method)
    return user


def contact(
    user: User, slug: str, address: str, *, kind: str = "apprise", verified: bool = True, since: datetime = NOW
) -> ContactMethod:
    """One more address of a person, without rules."""
    return ContactMethod.objects.create(
        user=user, slug=slug, kind=kind, address=address, verified_at=since - timedelta(days=30) if verified else None
    )


def rule(
    user: User, method: ContactMethod, delay: int = 0, urgencies: Iterable[str] = ("high", "low")
) -> list[NotificationRule]:
    """Rules of a person for a contact method, `delay` minutes after the step."""
    return [
        NotificationRule.objects.create(user=user, contact_method=method, urgency=urgency, delay_minutes=delay)
        for urgency in urgencies
    ]


def away(user: User, start: datetime, end: datetime) -> Leave:
    return Leave.objects.create(user=user, starts_at=start, ends_at=end)


def team(name: str, members: Sequence[User] = (), lead: User | None = None, manager: User | None = None) -> Team:
    made = Team.objects.create(name=name, slug=slugify(name), lead=lead, manager=manager, timezone="Europe/Lisbon")
    for member in members:
        TeamMember.objects.create(team=made, user=member)
    return made


def channel(name: str, address: str = "mailto:room@example.org") -> Channel:
    return Channel.objects.create(name=name, slug=slugify(name), address=address)


def schedule(
    name: str, layers: Mapping[str, Sequence[User]], now: datetime = NOW, team: Team | None = None, zone: str = "UTC"
) -> Schedule:
    """Weekly layers by name whose first member's turn began yesterday (seen from `now`)."""
    made = Schedule.objects.create(name=name, slug=slugify(name), team=team, timezone=zone)
    for position, (layer_name, members) in enumerate(layers.items()):
        layer = Layer.objects.create(
            schedule=made, name=layer_name, position=position, unit="weekly", start_at=now - timedelta(days=1)
        )
        for turn, member in enumerate(members):
            LayerMember.objects.create(layer=layer, position=turn, user=member)
    return made


def override(
    schedule: Schedule, start: datetime, end: datetime, add: User | None = None, remove: User | None = None
) -> Override:
    return Override.objects.create(schedule=schedule, starts_at=start, ends_at=end, add=add, remove=remove)


def on_layer(schedule: Schedule, layer: str | None = None) -> Target:
    """The target "whoever is on call in this layer" (None: the first)."""
    named = schedule.layers.get(name=layer) if layer else None
    return {"kind": StepTarget.Kind.SCHEDULE, "schedule": schedule, "layer": named}


def to_user(user: User) -> Target:
    return {"kind": StepTarget.Kind.USER, "user": user}


def to_lead(team: Team) -> Target:
    return {"kind": StepTarget.Kind.TEAM_LEAD, "team": team}


def to_manager(team: Team) -> Target:
    return {"kind": StepTarget.Kind.TEAM_MANAGER, "team": team}


def to_team(team: Team) -> Target:
    return {"kind": StepTarget.Kind.TEAM, "team": team}


def to_channel(channel: Channel) -> Target:
    return {"kind": StepTarget.Kind.CHANNEL, "channel": channel}


def policy(
    name: str,
    steps: Sequence[tuple[int, Sequence[Target]]],
    repeat: int = 0,
    repeat_after: int | None = None,
    team: Team | None = None,
) -> EscalationPolicy:
    """Steps are (delay in minutes from the step before, targets)."""
    made = EscalationPolicy.objects.create(
        name=name, slug=slugify(name), team=team, repeat=repeat, repeat_after_minutes=repeat_after
    )
    for position, (delay, targets) in enumerate(steps):
        step = EscalationStep.objects.create(policy=made, position=position, delay_minutes=delay)
        for target in targets:
            StepTarget.objects.create(step=step, **target)
    return made


def service(name: str, team: Team | None = None, policy: EscalationPolicy | None = None, **fields: Any) -> Service:
    return Service.objects.create(name=name, slug=slugify(name), team=team, escalation_policy=policy, **fields)


@dataclass(frozen=True, slots=True)
class Platform:
    """Ana is primary, Bo secondary; Cy is next; Dee leads the team and Zoe manages it."""

    ana: User
    bo: User
    cy: User
    dee: User
    zoe: User
    team: Team
    schedule: Schedule
    primary: Layer
    secondary: Layer
    policy: EscalationPolicy
    service: Service


def platform(now: datetime = NOW, repeat: int = 0, repeat_after: int | None = None) -> Platform:
    """The usual company: primary at 0, secondary at +5, team lead at +10 (from the step before)."""
    ana, bo, cy, dee, zoe = (person(name) for name in ("ana", "bo", "cy", "dee", "zoe"))
    crew = team("Platform", [ana, bo, cy], lead=dee, manager=zoe)
    rota = schedule("Platform", {"primary": [ana, bo, cy], "secondary": [bo, cy, ana]}, now, crew)
    steps = [(0, [on_layer(rota, "primary")]), (5, [on_layer(rota, "secondary")]), (10, [to_lead(crew)])]
    escalation = policy("Platform", steps, repeat, repeat_after, crew)
    primary, secondary = rota.layers.order_by("position")
    return Platform(
        ana=ana,
        bo=bo,
        cy=cy,
        dee=dee,
        zoe=zoe,
        team=crew,
        schedule=rota,
        primary=primary,
        secondary=secondary,
        policy=escalation,
        service=service("Checkout", crew, escalation),
    )
