"""Records shifts when they begin, so that the past stays as it was (P7)."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from oncall import roster
from oncall.engine import changes
from oncall.engine.loop import sweep
from oncall.logic import coverage
from oncall.logic.specs import ScheduleSpec
from oncall.models import Schedule, Shift, User

MOMENT = timedelta(microseconds=1)
# Whatever changed without passing through `settled` (a row edited by hand) is noticed within this time.
LOOK_AGAIN = timedelta(minutes=1)
LOOK_LATER = timedelta(minutes=5)


def run(now: datetime) -> int:
    """Schedules whose next boundary has come."""
    due = Schedule.objects.filter(Q(record_due_at=None) | Q(record_due_at__lte=now)).order_by("record_due_at", "pk")
    return sweep(due, settle_rows, now, postpone=_look_later)


def _look_later(row: Schedule, error: Exception, now: datetime) -> None:
    """A schedule that cannot be read (logged by the sweep) is tried again later, and holds up no other."""
    Schedule.objects.filter(pk=row.pk).update(record_due_at=now + LOOK_LATER)


@contextmanager
def settled(schedule_ids: Iterable[int], now: datetime) -> Iterator[None]:
    """Change schedules, people or leave inside: what ran until now is recorded before, and split at `now` after; whose
    future shifts changed by it is told, and handoffs and calendars are made anew."""
    ids = list(schedule_ids)
    with transaction.atomic(), changes.told(ids, now):
        settle(ids, now)
        yield
        settle(ids, now)
        # The engine's own column, as in `settle`.
        Schedule.objects.filter(pk__in=ids).update(plan_due_at=now)


def settle(schedule_ids: Iterable[int], now: datetime) -> None:
    """Record what began since the last time, and split running shifts that the configuration no longer says."""
    with transaction.atomic():
        rows = Schedule.objects.select_for_update(of=("self",)).filter(pk__in=list(schedule_ids)).order_by("pk")
        settle_rows(list(rows), now)


def settle_rows(schedules: Sequence[Schedule], now: datetime) -> None:
    """`settle` for rows already claimed."""
    earliest = min([now, *(row.recorded_to_at for row in schedules if row.recorded_to_at)])
    specs = roster.specs([row.pk for row in schedules], earliest)
    running = Shift.objects.filter(schedule__in=schedules, ends_at__gt=earliest).select_related("layer")
    stored: dict[int, list[Shift]] = {row.pk: [] for row in schedules}
    for shift in running:
        stored[shift.schedule_id or 0].append(shift)
    fresh: list[Shift] = []
    for row in schedules:
        fresh += _settle_one(row, specs[row.pk], stored[row.pk], now)
    names = dict(User.objects.filter(pk__in={s.person_id for s in fresh}).values_list("pk", "username"))
    for shift in fresh:
        shift.username = names[shift.person_id or 0]
    Shift.objects.bulk_create(fresh, ignore_conflicts=True)


def _settle_one(row: Schedule, spec: ScheduleSpec, stored: list[Shift], now: datetime) -> list[Shift]:
    """End or bend the stored shifts that run now; answer those to be stored."""
    watermark = row.recorded_to_at
    since = min(watermark, now) if watermark else now
    names = {layer.id: layer.name for layer in spec.layers}
    computed = coverage.shifts(spec, since, now + MOMENT)
    current = {(s.layer, s.person, s.override): s for s in computed if s.start <= now < s.end}
    kept = set()
    for shift in (s for s in stored if s.starts_at <= now < s.ends_at):
        key = (shift.layer_id or 0, shift.person_id or 0, shift.override)
        match = current.get(key)
        if match:
            kept.add(key)
        _bend(shift, match.end if match else now)
    recorded = {(s.layer_id, s.person_id, s.starts_at) for s in stored}
    fresh = []
    for s in computed:
        if (s.layer, s.person, s.override) in kept and s.start <= now < s.end:
            continue
        # Begun before the last record and yet not in it: somebody changed the schedule just now.
        start = s.start if watermark is None or s.start >= watermark else now
        if (s.layer, s.person, start) in recorded or start >= s.end:
            continue
        fresh.append(
            Shift(
                schedule=row,
                schedule_slug=row.slug,
                layer_id=s.layer,
                layer_name=names[s.layer],
                person_id=s.person,
                starts_at=start,
                ends_at=s.end,
                override=s.override,
            )
        )
    boundaries = [e.until for e in coverage.on_call(spec, now) if e.until and e.until > now]
    due = min([now + LOOK_AGAIN, *boundaries])
    # The engine's own columns; configuration history does not follow them.
    Schedule.objects.filter(pk=row.pk).update(recorded_to_at=max(since, now), record_due_at=due)
    return fresh


def _bend(shift: Shift, ends_at: datetime) -> None:
    """Move the end of a running shift; one that would end where it began never was."""
    if shift.ends_at == ends_at:
        return
    if ends_at <= shift.starts_at:
        shift.delete()
        return
    Shift.objects.filter(pk=shift.pk).update(ends_at=ends_at)
