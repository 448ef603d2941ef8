"""Reads: who is on call for a schedule at an instant, shifts, gaps, somebody's next shifts. Always UTC instants."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min, Q

from oncall.logic import coverage
from oncall.logic.hours import sound_zone
from oncall.logic.rotation import Rotation, Unit
from oncall.logic.specs import LayerSpec, OverrideSpec, ScheduleSpec
from oncall.logic.specs import Leave as LeaveSpec
from oncall.models import DeclaredGap, Layer, LayerMember, Leave, Override, Schedule, Shift, User

LONGEST = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(days=7)}
MONTH = timedelta(days=31)
AHEAD = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class LayerOnCall:
    """Who has duty in a layer, and until when that holds; nobody: `until` is when somebody's next shift starts."""

    layer: Layer
    people: list[User]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class RosterShift:
    """`recorded` shifts are history; the others are computed from the present configuration."""

    layer: str
    person: User | None
    username: str
    start: datetime
    end: datetime
    override: bool
    recorded: bool
    layer_id: int | None = None


@dataclass(frozen=True, slots=True)
class RosterGap:
    layer: str
    start: datetime
    end: datetime
    declared: bool


@dataclass(frozen=True, slots=True)
class NextShift:
    schedule: Schedule
    layer: str
    start: datetime
    end: datetime


def specs(schedule_ids: Iterable[int], start: datetime) -> dict[int, ScheduleSpec]:
    """The schedules as values, good for instants from `start` on; six queries however many schedules."""
    ids = set(schedule_ids)
    layers = list(Layer.objects.filter(schedule__in=ids).select_related("schedule").order_by("position", "id"))
    turns: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    people: dict[int, set[int]] = defaultdict(set)
    schedule_of = {layer.pk: layer.schedule_id for layer in layers}
    members = LayerMember.objects.filter(layer__in=schedule_of).order_by("position", "id")
    for layer_id, position, user in members.values_list("layer", "position", "user"):
        turns[layer_id][position].append(user)
        people[schedule_of[layer_id]].add(user)
    # A shift that runs at `start` began up to one turn earlier, and what changed it lies in that turn.
    since = start - max((LONGEST.get(layer.unit, MONTH) * layer.length for layer in layers), default=MONTH) - MONTH
    overrides: dict[int, list[OverrideSpec]] = defaultdict(list)
    for row in Override.objects.filter(schedule__in=ids, ends_at__gt=since).order_by("id"):
        overrides[row.schedule_id].append(
            OverrideSpec(row.starts_at, row.ends_at, row.add_id, row.remove_id, row.layer_id)
        )
        people[row.schedule_id] |= {person for person in (row.add_id, row.remove_id) if person}
    everybody = set().union(*people.values()) if people else set()
    leave: dict[int, list[LeaveSpec]] = defaultdict(list)
    for away in Leave.objects.filter(user__in=everybody, ends_at__gt=since):
        leave[away.user_id].append(LeaveSpec(away.user_id, away.starts_at, away.ends_at))
    inactive = set(User.objects.filter(pk__in=everybody, is_active=False).values_list("pk", flat=True))
    own: dict[int, list[LayerSpec]] = defaultdict(list)
    for layer in layers:
        own[layer.schedule_id].append(_layer(layer, turns[layer.pk]))
    declared: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for gap in DeclaredGap.objects.filter(schedule__in=ids, ends_at__gt=since):
        declared[gap.schedule_id].append((gap.starts_at, gap.ends_at))
    return {
        schedule: ScheduleSpec(
            layers=tuple(own[schedule]),
            overrides=tuple(overrides[schedule]),
            leave=tuple(span for person in sorted(people[schedule]) for span in leave[person]),
            inactive=frozenset(people[schedule] & inactive),
            declared_gaps=tuple(declared[schedule]),
        )
        for schedule in ids
    }


def _layer(layer: Layer, turns: dict[int, list[int]]) -> LayerSpec:
    rotation = Rotation(
        unit=Unit(layer.unit),
        length=layer.length,
        start=layer.start_at,
        timezone=sound_zone(layer.timezone or layer.schedule.timezone),
        items=tuple(tuple(turns[position]) for position in sorted(turns)),
        until=layer.until_at,
    )
    return LayerSpec(layer.pk, layer.name, rotation)


def people_on_call(layer_ids: Iterable[int], at: datetime) -> dict[int, tuple[int, ...]]:
    """User keys by layer, from the present configuration: what the pager asks."""
    wanted = set(layer_ids)
    schedules = set(Layer.objects.filter(pk__in=wanted).values_list("schedule", flat=True))
    found = specs(schedules, at)
    return {
        now.layer: now.people for spec in found.values() for now in coverage.on_call(spec, at) if now.layer in wanted
    }


def on_call(schedule: Schedule, at: datetime) -> list[LayerOnCall]:
    """One entry per layer, in order; the stored shift where there is one for that instant, else computed."""
    return on_call_many([schedule.pk], at)[schedule.pk]


def on_call_many(schedule_ids: Iterable[int], at: datetime) -> dict[int, list[LayerOnCall]]:
    """`on_call` of several schedules in a bounded number of queries."""
    ids = list(schedule_ids)
    layers = {layer.pk: layer for layer in Layer.objects.filter(schedule__in=ids).select_related("schedule")}
    stored: dict[int, list[Shift]] = defaultdict(list)
    for row in Shift.objects.filter(layer__in=layers, starts_at__lte=at, ends_at__gt=at):
        stored[row.layer_id or 0].append(row)
    upcoming = Shift.objects.filter(layer__in=layers, starts_at__gt=at).order_by()
    joins_at = dict(upcoming.values("layer").annotate(first=Min("starts_at")).values_list("layer", "first"))
    now = {schedule: coverage.on_call(spec, at) for schedule, spec in specs(ids, at).items()}
    people = User.objects.in_bulk(
        {person for each in now.values() for layer in each for person in layer.people}
        | {row.person_id for rows in stored.values() for row in rows if row.person_id}
    )
    answer: dict[int, list[LayerOnCall]] = {}
    for schedule, entries in now.items():
        answer[schedule] = []
        for entry in entries:
            limit = layers[entry.layer].schedule.recorded_to_at
            # Beyond what is recorded a stored shift tells only of its own person, and others may have joined.
            rows = stored.get(entry.layer) if limit is None or at <= limit else None
            keys = [row.person_id for row in rows] if rows else entry.people
            until = entry.until
            if rows:
                ahead = entry.until if entry.until and limit and entry.until > limit else None
                edges = (*(row.ends_at for row in rows), joins_at.get(entry.layer), ahead)
                until = min(edge for edge in edges if edge)
            found = [people[key] for key in keys if key in people]
            answer[schedule].append(LayerOnCall(layers[entry.layer], sorted(found, key=lambda p: p.username), until))
    return answer


def shifts(schedule: Schedule, start: datetime, end: datetime, spec: ScheduleSpec | None = None) -> list[RosterShift]:
    """Whole shifts that overlap [start, end); where one is stored, it wins over what would be computed now.

    `spec`, where the caller has it from `specs`, saves reading the schedule again.
    """
    spec = spec or specs([schedule.pk], start)[schedule.pk]
    names = {layer.id: layer.name for layer in spec.layers}
    order = {layer.name: position for position, layer in enumerate(spec.layers)}
    computed = coverage.shifts(spec, start, end)
    first, last = min((s.start for s in computed), default=start), max((s.end for s in computed), default=end)
    stored = list(Shift.objects.filter(schedule=schedule, starts_at__lt=max(last, end), ends_at__gt=min(first, start)))
    people = User.objects.in_bulk({s.person for s in computed} | {row.person_id for row in stored if row.person_id})
    found = [
        RosterShift(
            names[s.layer],
            people.get(s.person),
            people[s.person].username,
            since,
            till,
            s.override,
            recorded=False,
            layer_id=s.layer,
        )
        for s in computed
        if s.person in people
        for since, till in _outside(s.start, s.end, _covering(s, stored, schedule.recorded_to_at))
    ]
    found += [
        RosterShift(
            row.layer_name,
            people.get(row.person_id) if row.person_id else None,
            row.username,
            row.starts_at,
            row.ends_at,
            row.override,
            recorded=True,
            layer_id=row.layer_id,
        )
        for row in stored
    ]
    within = [shift for shift in found if shift.start < end and shift.end > start]
    return sorted(within, key=lambda s: (s.start, order.get(s.layer, len(order)), s.username))


def gaps(schedule: Schedule, start: datetime, end: datetime, spec: ScheduleSpec | None = None) -> list[RosterGap]:
    """When nobody has duty, by layer, within [start, end); time under a stored shift is no gap."""
    spec = spec or specs([schedule.pk], start)[schedule.pk]
    names = {layer.id: layer.name for layer in spec.layers}
    covered: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for layer, since, till in Shift.objects.filter(
        schedule=schedule, starts_at__lt=end, ends_at__gt=start, layer__isnull=False
    ).values_list("layer", "starts_at", "ends_at"):
        covered[layer].append((since, till))
    return [
        RosterGap(names[gap.layer], since, till, gap.declared)
        for gap in coverage.gaps(spec, start, end)
        for since, till in _outside(gap.start, gap.end, covered[gap.layer])
    ]


def next_shifts(user: User, now: datetime, limit: int = 5) -> list[NextShift]:
    """Shifts of a person that run now or begin within the next year or so, soonest first."""
    mine = Schedule.objects.filter(
        Q(layers__members__user=user) | Q(overrides__add=user, overrides__ends_at__gt=now)
    ).distinct()
    schedules = {schedule.pk: schedule for schedule in mine}
    found: list[NextShift] = []
    for key, spec in specs(schedules, now).items():
        names = {layer.id: layer.name for layer in spec.layers}
        for span in (timedelta(days=35), AHEAD):
            own = [s for s in coverage.shifts(spec, now, now + span) if s.person == user.pk]
            if len(own) >= limit:
                break
        found += [NextShift(schedules[key], names[s.layer], s.start, s.end) for s in own]
    return sorted(found, key=lambda s: (s.start, s.schedule.name))[:limit]


def _covering(
    shift: coverage.Shift, stored: Iterable[Shift], recorded_to_at: datetime | None
) -> list[tuple[datetime, datetime]]:
    """When records speak instead of the computed shift: up to where they reach each for the whole layer, and beyond,
    where others of the layer may not have begun, each for its own person."""
    spans = []
    for row in stored:
        if row.layer_id == shift.layer:
            alone = recorded_to_at is not None and row.person_id != shift.person
            spans.append((row.starts_at, min(row.ends_at, recorded_to_at) if alone and recorded_to_at else row.ends_at))
    return [(since, till) for since, till in spans if since < till]


def _outside(
    start: datetime, end: datetime, busy: Sequence[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """What of [start, end) no busy span covers."""
    free = []
    for since, till in sorted(busy):
        if till <= start or since >= end:
            continue
        if since > start:
            free.append((start, since))
        start = max(start, till)
    if start < end:
        free.append((start, end))
    return free
