"""Makes handoffs ahead of time, and the events of calendars, from recorded and computed shifts; mends them when the
schedule changed. What people are told of a handoff is written and posted by the app above."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from oncall import keys, roster
from oncall.engine.loop import sweep
from oncall.logic.calendar import Known, matched
from oncall.logic.handoffs import Boundary, Duty, boundaries, next_due
from oncall.logic.specs import ScheduleSpec
from oncall.models import CalendarEvent, Handoff, HandoffSide, Schedule, User

DAY: Final = timedelta(days=1)
# Rows are there this much before their first notice is due; edits ask for a look at once.
EARLY: Final = timedelta(hours=2)
LOOK_AGAIN: Final = timedelta(hours=1)
LOOK_LATER: Final = timedelta(minutes=5)
CALENDAR_AHEAD: Final = timedelta(days=180)
CALENDAR_KEPT: Final = timedelta(days=90)
# Beyond this nobody is told any more of a handoff that the engine slept through.
MOST_LATE: Final = timedelta(hours=12)
LONGEST_SLEEP: Final = timedelta(days=7)
BATCH: Final = 5  # a schedule may have thousands of events, and SQLite has one writer

Wanted = dict[tuple[int, str], User]  # (person, side)


def run(now: datetime) -> int:
    """Schedules that are due for a look, and how many they were."""
    due = Schedule.objects.filter(Q(plan_due_at=None) | Q(plan_due_at__lte=now)).order_by("plan_due_at", "pk")
    return sweep(due, plan_rows, now, BATCH, postpone=_look_later)


def _look_later(row: Schedule, error: Exception, now: datetime) -> None:
    Schedule.objects.filter(pk=row.pk).update(plan_due_at=now + LOOK_LATER)


def plan_rows(schedules: Sequence[Schedule], now: datetime) -> None:
    """Handoffs and calendar events of schedules already claimed, as their shifts are now."""
    since = {row.pk: max(min(row.planned_to_at or now, now), now - LONGEST_SLEEP) for row in schedules}
    specs = roster.specs([row.pk for row in schedules], min(since.values()) - DAY)
    for row in schedules:
        _plan(row, specs[row.pk], since[row.pk], now)
    # The engine's own columns; configuration history does not follow them.
    Schedule.objects.filter(pk__in=[row.pk for row in schedules]).update(
        planned_to_at=now, plan_due_at=now + LOOK_AGAIN
    )


def _plan(row: Schedule, spec: ScheduleSpec, since: datetime, now: datetime) -> None:
    found = roster.shifts(row, since - DAY, now + CALENDAR_AHEAD, spec)
    names = {layer.id: layer.name for layer in spec.layers}
    people = {shift.person.pk: shift.person for shift in found if shift.person}
    duties = [
        Duty(shift.layer_id, shift.person.pk, shift.start, shift.end)
        for shift in found
        if shift.layer_id in names and shift.layer_id and shift.person
    ]
    rows = list(Handoff.objects.filter(schedule=row, at__gt=since).prefetch_related("sides"))
    # What was made ahead for longer notices than there are now is looked at as well.
    horizon = now + timedelta(minutes=max(row.notices, default=0)) + EARLY
    until = max([horizon, *(each.at for each in rows)])
    _hand_over(row, rows, boundaries(duties, since, until), (names, people), now)
    _show(row, duties, now)


def _hand_over(
    row: Schedule,
    rows: Iterable[Handoff],
    wanted: Iterable[Boundary],
    known: tuple[dict[int, str], dict[int, User]],
    now: datetime,
) -> None:
    """What lies ahead (`rows`) becomes as the schedule says; what was until the last look stays as it was."""
    names, people = known
    there = {(each.layer_id, each.at): each for each in rows}
    for boundary in wanted:
        handoff = there.pop((boundary.layer, boundary.at), None)
        if handoff is None:
            handoff = Handoff.objects.create(
                schedule=row,
                schedule_slug=row.slug,
                layer_id=boundary.layer,
                layer_name=names[boundary.layer],
                at=boundary.at,
                began_at=boundary.began_at,
            )
        elif handoff.withdrawn_at or handoff.began_at != boundary.began_at:
            handoff.withdrawn_at, handoff.began_at = None, boundary.began_at
            handoff.save(update_fields=["withdrawn_at", "began_at"])
        sides = {(person, HandoffSide.Side.OUTGOING.value): people[person] for person in boundary.outgoing}
        sides |= {(person, HandoffSide.Side.INCOMING.value): people[person] for person in boundary.incoming}
        _mend(handoff, sides, row.notices, now)
    for handoff in there.values():
        _withdraw(handoff, now)


def _mend(handoff: Handoff, wanted: Wanted, notices: Sequence[int], now: datetime) -> None:
    for side in handoff.sides.all():
        if wanted.pop((side.person_id or 0, side.side), None) is None:
            side.delete()
            continue
        due_at = None if _is_done(side) else _due(notices, side.told_minutes, handoff.at, now)
        if due_at != side.due_at:
            HandoffSide.objects.filter(pk=side.pk).update(due_at=due_at)
    HandoffSide.objects.bulk_create(
        HandoffSide(
            handoff=handoff,
            person=user,
            username=user.username,
            side=side,
            due_at=_due(notices, None, handoff.at, now),
        )
        for (_person, side), user in sorted(wanted.items())
    )


def _is_done(side: HandoffSide) -> bool:
    """Whoever has handed over is asked for nothing more; who takes over is still told what there is."""
    return side.side == HandoffSide.Side.OUTGOING and side.signed_at is not None


def _due(notices: Sequence[int], told: int | None, at: datetime, now: datetime) -> datetime | None:
    return next_due(notices, told, at) if at + MOST_LATE > now else None


def _withdraw(handoff: Handoff, now: datetime) -> None:
    """Whoever was told of it, or has written or signed something, still finds it."""
    if not any(side.told_minutes is not None or side.note or side.signed_at for side in handoff.sides.all()):
        handoff.delete()
    elif handoff.withdrawn_at is None:
        Handoff.objects.filter(pk=handoff.pk).update(withdrawn_at=now)
        HandoffSide.objects.filter(handoff=handoff).update(due_at=None)


def _show(row: Schedule, duties: Iterable[Duty], now: datetime) -> None:
    """The schedule's calendar events: what is over stays, also what an edit ended just now."""
    since = now - DAY
    rows = {event.pk: event for event in CalendarEvent.objects.filter(schedule=row, ends_at__gt=since)}
    known = [Known(key, Duty(e.layer_id, e.person_id, e.starts_at, e.ends_at)) for key, e in rows.items()]
    plan = matched(known, [duty for duty in duties if duty.end > since])
    CalendarEvent.objects.filter(pk__in=plan.gone).delete()
    for key, duty in plan.moved:
        event = rows[key]
        event.starts_at, event.ends_at = duty.start, duty.end
        event.sequence, event.modified_at = event.sequence + 1, now
    moved = [rows[key] for key, _duty in plan.moved]
    CalendarEvent.objects.bulk_update(moved, ["starts_at", "ends_at", "sequence", "modified_at"], batch_size=200)
    CalendarEvent.objects.bulk_create(
        (
            CalendarEvent(
                schedule=row,
                layer_id=duty.layer,
                person_id=duty.person,
                starts_at=duty.start,
                ends_at=duty.end,
                uid=keys.new_key(24),
                modified_at=now,
            )
            for duty in plan.new
        ),
        batch_size=200,
    )
    CalendarEvent.objects.filter(schedule=row, ends_at__lte=now - CALENDAR_KEPT).delete()
