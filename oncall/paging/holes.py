"""Which steps of policies will reach nobody within the next days, though somebody is needed then."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from oncall import roster, wording
from oncall.logic import audit, coverage
from oncall.logic.duty import Span
from oncall.logic.escalation import Target
from oncall.logic.specs import ScheduleSpec
from oncall.models import Channel, Leave, Schedule, Team, TeamMember
from oncall.paging.outline import Outline, OutlinedStep, names_of, outlines
from oncall.paging.planning import reachable


@dataclass(frozen=True, slots=True)
class Need:
    """When a policy must reach somebody, and by whose rules; `spans` None: always."""

    urgency: str
    spans: tuple[Span, ...] | None = None


@dataclass(frozen=True, slots=True)
class Hole:
    """A step (counted from 1; 0: the policy has none) that reaches nobody, in words."""

    policy: int
    step: int
    text: str


def holes(needs: Mapping[int, Need], start: datetime, end: datetime) -> list[Hole]:
    """The holes of these policies (by key) within [start, end), at most one for each step: its first span.

    A fixed number of queries. A declared gap of one of the step's schedules is no hole. A person counts where the
    pager would reach them: active, with a rule for the urgency and its contact method verified, not on leave.
    """
    policies = outlines(needs)
    people = _People.load(policies.values(), {need.urgency for need in needs.values()}, start, end)
    open_ = [
        (key, number, step, spans)
        for key, policy in policies.items()
        for number, step in enumerate(policy.steps, start=1)
        if (spans := people.uncovered(step, needs[key]))
    ]
    names = names_of(step.key for _key, _number, step, _spans in open_)
    found = [
        Hole(key, 0, wording.no_steps(policy.name))
        for key, policy in policies.items()
        if not policy.steps and (needs[key].spans is None or needs[key].spans)
    ]
    for key, number, step, spans in open_:
        policy = policies[key]
        zone = people.zone(step) or policy.timezone or "UTC"
        said = wording.hole(policy.name, number, names.get(step.key, []), spans, zone, start, end)
        found.append(Hole(key, number, said))
    return found


@dataclass(slots=True)
class _People:
    """Whom targets mean within [start, end), and who of them is reached; every kind of row read once."""

    start: datetime
    end: datetime
    schedules: dict[int, ScheduleSpec]
    zones: dict[int, str]
    shifts: dict[int, list[coverage.Shift]]
    teams: dict[int, Team]
    members: dict[int, list[int]]
    channels: set[int]
    reached: dict[str, set[int]]
    leave: dict[int, list[Span]] = field(default_factory=dict)

    @classmethod
    def load(cls, policies: Iterable[Outline], urgencies: set[str], start: datetime, end: datetime) -> "_People":
        named: dict[str, set[int]] = {}
        for policy in policies:
            for step in policy.steps:
                for target in step.targets:
                    named.setdefault(target.kind, set()).add(target.id or 0)
        specs = roster.specs(named.get("schedule", ()), start)
        teams = Team.objects.in_bulk(named.get("team_lead", set()) | named.get("team_manager", set()))
        members: dict[int, list[int]] = {}
        for team, user in TeamMember.objects.filter(team__in=named.get("team", ())).values_list("team", "user"):
            members.setdefault(team, []).append(user)
        shifts = {key: coverage.shifts(spec, start, end) for key, spec in specs.items()}
        everybody = named.get("user", set()) | {person for own in members.values() for person in own}
        everybody |= {key for team in teams.values() for key in (team.lead_id, team.manager_id) if key}
        everybody |= {shift.person for own in shifts.values() for shift in own}
        people = cls(
            start=start,
            end=end,
            schedules=specs,
            zones=dict(Schedule.objects.filter(pk__in=specs).values_list("pk", "timezone")),
            shifts=shifts,
            teams=teams,
            members=members,
            channels=set(Channel.objects.filter(pk__in=named.get("channel", ())).values_list("pk", flat=True)),
            reached={urgency: reachable(everybody, urgency) for urgency in urgencies},
        )
        away = Leave.objects.filter(user__in=everybody, starts_at__lt=end, ends_at__gt=start)
        for user, since, till in away.values_list("user", "starts_at", "ends_at"):
            people.leave.setdefault(user, []).append((since, till))
        return people

    def uncovered(self, step: OutlinedStep, need: Need) -> list[Span]:
        """When the step reaches nobody though it should."""
        covered = [span for target in step.targets for span in self._covered(target, self.reached[need.urgency])]
        excused = [
            span
            for target in step.targets
            if target.kind == "schedule" and target.id in self.schedules
            for span in self.schedules[target.id].declared_gaps
        ]
        needed = [(self.start, self.end)] if need.spans is None else need.spans
        return audit.holes(self.start, self.end, covered, excused, needed)

    def zone(self, step: OutlinedStep) -> str:
        """The zone of the step's first schedule."""
        return next((self.zones[t.id] for t in step.targets if t.kind == "schedule" and t.id in self.zones), "")

    def _covered(self, target: Target, reached: set[int]) -> Iterator[Span]:
        if target.id is None:
            return
        if target.kind == "channel":
            if target.id in self.channels:
                yield self.start, self.end
        elif target.kind == "schedule":
            yield from self._duty(target, reached)
        else:
            for person in self._named(target):
                if person in reached:
                    yield from audit.holes(
                        self.start, self.end, (), self.leave.get(person, ()), [(self.start, self.end)]
                    )

    def _duty(self, target: Target, reached: set[int]) -> Iterator[Span]:
        spec = self.schedules.get(target.id or 0)
        if spec is None or not spec.layers:
            return
        layer = spec.layers[0].id if target.layer is None else target.layer
        for shift in self.shifts[target.id or 0]:
            if shift.layer == layer and shift.person in reached:
                yield shift.start, shift.end

    def _named(self, target: Target) -> list[int]:
        if target.kind == "user":
            return [target.id or 0]
        if target.kind == "team":
            return self.members.get(target.id or 0, [])
        team = self.teams.get(target.id or 0)
        person = team and (team.lead_id if target.kind == "team_lead" else team.manager_id)
        return [person] if person else []
