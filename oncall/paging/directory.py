"""Whom a step's targets mean at an instant, and by which rules they are reached: loaded in bulk, kept for one batch."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from oncall import roster
from oncall.logic import coverage
from oncall.logic.escalation import Target
from oncall.logic.reach import Miss, Reachability, Why, obstacle
from oncall.logic.specs import ScheduleSpec
from oncall.models import Channel, Leave, NotificationRule, Team, TeamMember, User
from oncall.models.canary import LOOPBACK

Kind = str


@dataclass(frozen=True, slots=True)
class Reached:
    """A person who can be reached, with their rules for the page's urgency."""

    user: User
    rules: tuple[NotificationRule, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a step's targets come down to at one instant."""

    people: tuple[Reached, ...] = ()
    channels: tuple[Channel, ...] = ()
    misses: tuple[Miss, ...] = ()

    @property
    def reached(self) -> int:
        return len(self.people) + len(self.channels)


@dataclass(slots=True)
class Directory:
    """Rows that targets need, for instants from `now` on. Each kind of row costs one query per `load`, however many
    targets; what is there is not asked for again."""

    now: datetime
    schedules: dict[int, ScheduleSpec | None] = field(default_factory=dict)
    users: dict[int, User | None] = field(default_factory=dict)
    teams: dict[int, Team | None] = field(default_factory=dict)
    members: dict[int, tuple[int, ...]] = field(default_factory=dict)
    channels: dict[int, Channel | None] = field(default_factory=dict)
    rules: dict[int, list[NotificationRule]] = field(default_factory=lambda: defaultdict(list))
    leave: dict[int, list[tuple[datetime, datetime]]] = field(default_factory=lambda: defaultdict(list))
    _on_call: dict[tuple[int, datetime], list[coverage.OnCall]] = field(default_factory=dict)

    def load(self, wanted: Iterable[tuple[Target, datetime]]) -> None:
        """Make ready to `resolve` these targets at these instants."""
        pairs = [(target, at) for target, at in dict.fromkeys(wanted) if target.id is not None]
        ids: dict[Kind, set[int]] = defaultdict(set)
        for target, _ in pairs:
            if target.id is not None:
                ids[target.kind].add(target.id)
        if missing := ids["schedule"] - self.schedules.keys():
            self.schedules |= {**dict.fromkeys(missing), **roster.specs(missing, self.now)}
        if missing := ids["channel"] - self.channels.keys():
            self.channels |= {**dict.fromkeys(missing), **Channel.objects.in_bulk(missing)}
        self._load_teams(ids)
        self._load_people({person for target, at in pairs for person in self._named(target, at)})

    def resolve(self, targets: Sequence[Target], urgency: str, at: datetime) -> Resolved:
        """People once each, in the targets' order; whoever is reached through one target is no miss of another."""
        self.load((target, at) for target in targets)
        people: dict[int, Reached] = {}
        channels: dict[int, Channel] = {}
        misses: dict[tuple[int, str], Miss] = {}
        for target in targets:
            if target.kind == LOOPBACK:
                channels[0] = Channel(name=LOOPBACK, slug=LOOPBACK, address=LOOPBACK)  # never a row
                continue
            if target.kind == "channel":
                if channel := self.channels.get(target.id or 0):
                    channels[channel.pk] = channel
                else:
                    misses[0, target.name] = Miss(target.name, "", Why.NO_TARGET)
                continue
            named = self._named(target, at)
            if not named:
                misses[0, target.name] = Miss(target.name, "", self._why_nobody(target))
            for key in named:
                self._judge(key, target, urgency, at, people, misses)
        if not targets:
            misses[0, ""] = Miss("", "", Why.NO_TARGET)
        left = tuple(miss for (key, _), miss in misses.items() if key not in people)
        return Resolved(tuple(people.values()), tuple(channels.values()), left)

    def _judge(
        self,
        key: int,
        target: Target,
        urgency: str,
        at: datetime,
        people: dict[int, Reached],
        misses: dict[tuple[int, str], Miss],
    ) -> None:
        user = self.users.get(key)
        if user is None:
            misses[key, ""] = Miss(target.name, "", Why.NO_TARGET)
            return
        rules = tuple(rule for rule in self.rules[key] if rule.urgency == urgency)
        away = any(start <= at < end for start, end in self.leave[key])
        verified = sum(rule.contact_method.verified_at is not None for rule in rules)
        facts = Reachability(user.is_active, away, len(rules), verified)
        if why := obstacle(facts, on_duty=target.kind == "schedule"):
            misses[key, ""] = Miss(target.name, str(user), why)
        else:
            people.setdefault(key, Reached(user, rules))

    def _named(self, target: Target, at: datetime) -> tuple[int, ...]:
        """Keys of the people that the target means at `at`."""
        if target.id is None:
            return ()
        if target.kind == "schedule":
            return self._on_duty(target.id, target.layer, at)
        if target.kind == "user":
            return (target.id,)
        if target.kind == "team":
            return self.members.get(target.id, ())
        team = self.teams.get(target.id)
        person = team and (team.lead_id if target.kind == "team_lead" else team.manager_id)
        return (person,) if person else ()

    def _on_duty(self, schedule: int, layer: int | None, at: datetime) -> tuple[int, ...]:
        spec = self.schedules.get(schedule)
        if spec is None or not spec.layers:
            return ()
        if (schedule, at) not in self._on_call:
            self._on_call[schedule, at] = coverage.on_call(spec, at)
        wanted = spec.layers[0].id if layer is None else layer
        return next((now.people for now in self._on_call[schedule, at] if now.layer == wanted), ())

    def _why_nobody(self, target: Target) -> Why:
        """An existing layer without anybody is empty; everything else that names nobody is no target."""
        spec = self.schedules.get(target.id or 0) if target.kind == "schedule" else None
        layers = {layer.id for layer in spec.layers} if spec else set()
        there = bool(layers) and (target.layer is None or target.layer in layers)
        return Why.EMPTY_LAYER if there else Why.NO_TARGET

    def _load_teams(self, ids: dict[Kind, set[int]]) -> None:
        if missing := (ids["team_lead"] | ids["team_manager"]) - self.teams.keys():
            self.teams |= {**dict.fromkeys(missing), **Team.objects.in_bulk(missing)}
        if missing := ids["team"] - self.members.keys():
            members: dict[int, list[int]] = {team: [] for team in missing}
            for team, user in TeamMember.objects.filter(team__in=missing).values_list("team", "user"):
                members[team].append(user)
            self.members |= {team: tuple(users) for team, users in members.items()}

    def _load_people(self, keys: set[int]) -> None:
        missing = keys - self.users.keys()
        if not missing:
            return
        self.users |= {**dict.fromkeys(missing), **User.objects.in_bulk(missing)}
        rules = NotificationRule.objects.filter(user__in=missing).select_related("contact_method")
        for rule in rules.order_by("delay_minutes", "pk"):
            self.rules[rule.user_id].append(rule)
        away = Leave.objects.filter(user__in=missing, ends_at__gt=self.now)
        for user, start, end in away.values_list("user", "starts_at", "ends_at"):
            self.leave[user].append((start, end))
