"""The demo company's past: eight weeks of incidents, handoffs, postmortems and actions, told once at the first start.

Rows are written as they would stand there today: nobody is paged, nothing is sent.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from ruamel.yaml import YAML

from incidentops import demo_learned
from incidents import timeline
from incidents.lifecycle import numbers
from incidents.models import (
    Alert,
    Incident,
    Integration,
    Responder,
    RoleAssignment,
    Service,
    Severity,
    SeverityChange,
    TimelineEntry,
)
from oncall import roster
from oncall.models import Handoff, HandoffSide, Layer, Notification, Page, StepRun, User
from oncall.paging import Actor

FILE: Path = settings.BASE_DIR / "incidentops" / "demo" / "past.yaml"
MARK = "Part of the demo company's invented past."
SPAN = timedelta(days=22)  # in which a weekly layer was handed over twice
CLOSED_AFTER = timedelta(hours=4)
Kind = TimelineEntry.Kind
Told = Mapping[str, Any]


@transaction.atomic
def tell(now: datetime) -> None:
    """Write the past of the demo company, which has to be there; about a second."""
    told = YAML(typ="safe").load(FILE.read_text(encoding="utf-8"))
    people = {user.username: user for user in User.objects.all()}
    known = Notification.every.order_by("-pk").values_list("pk", flat=True).first() or 0
    happened = _incidents(told["incidents"], people, now)
    _handoffs(told["handoffs"], now)
    written = {each["incident"]: each for each in told["postmortems"]}
    for each, incident in happened:
        demo_learned.tell(incident, written.get(each.get("key", "")), people, now)
    demo_learned.remind(now)
    # What the verbs posted on the way was read long ago: nobody gets it today.
    Notification.every.filter(pk__gt=known, sent_at=None).update(
        state=Notification.State.SENT, sent_at=F("created_at"), attempts=1
    )


def instant(days: int, at: str, now: datetime) -> datetime:
    """A time of day (UTC), so many days ago."""
    day = now.astimezone(UTC).date() - timedelta(days=days)
    return datetime.combine(day, time.fromisoformat(at), UTC)


def _incidents(told: Sequence[Told], people: Mapping[str, User], now: datetime) -> list[tuple[Told, Incident]]:
    services = {row.slug: row for row in Service.objects.all()}
    levels = {row.level: row for row in Severity.objects.all()}
    starts = [instant(each["days"], each["at"], now) for each in told]
    rows = [
        _incident(each, start, number, services[each["service"]], levels[each["severity"]], people[each["who"]])
        for each, start, number in zip(told, starts, numbers.allocate(starts), strict=True)
    ]
    Incident.objects.bulk_create(rows)
    happened = list(zip(told, rows, strict=True))
    Incident.services.through.objects.bulk_create(
        Incident.services.through(incident_id=row.pk, service_id=row.service_id) for row in rows
    )
    SeverityChange.objects.bulk_create(
        SeverityChange(incident=row, at=row.opened_at, to_severity=row.severity, by=row.declared_by) for row in rows
    )
    _people_of(happened, people)
    _alerts(happened)
    timeline.add_many([entry for each, row in happened for entry in _story(each, row, people)])
    _pages(happened, people)
    return happened


def _incident(each: Told, start: datetime, number: str, service: Service, level: Severity, who: User) -> Incident:
    by_hand = each.get("detection") == Incident.Detection.EMPLOYEE
    minute = {name: start + timedelta(minutes=each[name]) if name in each else None for name in ("ack", "mitigate")}
    over = start + timedelta(minutes=each["resolve"])
    return Incident(
        number=number,
        title=each["title"],
        service=service,
        severity=level,
        state=Incident.State.CLOSED,
        detection=each.get("detection", Incident.Detection.ALERT),
        mitigation=each.get("how", ""),
        false_alarm=each.get("false_alarm", False),
        started_at=start,
        detected_at=start,
        opened_at=start,
        declared_at=start if by_hand or level.rank <= 2 else None,
        declared_by=who if by_hand else None,
        acknowledged_at=minute["ack"],
        acknowledged_by=who,
        mitigated_at=minute["mitigate"],
        resolved_at=over,
        closed_at=over + CLOSED_AFTER,
        latest_alert_at=start,
        alert_count=1 if "key" in each else 0,
        lesson=each.get("lesson", ""),
    )


def _people_of(happened: Sequence[tuple[Told, Incident]], people: Mapping[str, User]) -> None:
    roles, responders = [], []
    for each, row in happened:
        there = {each["who"]: row.acknowledged_at or row.opened_at}
        for role, (minutes, who) in each.get("roles", {}).items():
            at = row.opened_at + timedelta(minutes=minutes)
            roles.append(
                RoleAssignment(incident=row, role=role, person=people[who], starts_at=at, ends_at=row.resolved_at)
            )
            there.setdefault(who, at)
        for minutes, who, _text in each.get("notes", []):
            there.setdefault(who, row.opened_at + timedelta(minutes=minutes))
        responders += [Responder(incident=row, person=people[who], added_at=at) for who, at in there.items()]
    RoleAssignment.objects.bulk_create(roles)
    Responder.objects.bulk_create(responders)


def _alerts(happened: Sequence[tuple[Told, Incident]]) -> None:
    senders = {row.service_id: row for row in Integration.objects.order_by("-pk")}
    Alert.objects.bulk_create(
        Alert(
            integration=senders.get(row.service_id),
            service=row.service,
            incident=row,
            dedup_key=each["key"],
            title=row.title,
            severity=row.severity,
            labels=dict(each.get("labels", {})),
            values=dict(each.get("values", {})),
            started_at=row.opened_at,
            first_seen_at=row.opened_at,
            last_seen_at=row.resolved_at or row.opened_at,
            resolved_at=row.resolved_at,
        )
        for each, row in happened
        if "key" in each
    )


def _story(each: Told, row: Incident, people: Mapping[str, User]) -> list[timeline.NewEntry]:
    """The incident's timeline, in order."""

    def said(kind: str, minutes: float, text: str, who: str | None) -> timeline.NewEntry:
        by = Actor(people[who], str(people[who]), TimelineEntry.Source.CONSOLE) if who else None
        return timeline.entry(row.pk, kind, text, by, row.opened_at + timedelta(minutes=minutes))

    who = each["who"]
    first = Kind.DECLARED if row.declared_by_id else Kind.OPENED
    words = f"{'Declared' if row.declared_by_id else 'Opened'}: {row.title}\n\n{MARK}"
    entries = [said(first, 0, words, who if row.declared_by_id else None)]
    entries += [said(Kind.PAGED, 0, f"Paged {people[who]}.", None)] if "key" in each else []
    entries.append(said(Kind.ACKNOWLEDGED, each["ack"], "Acknowledged.", who))
    for role, (minutes, person) in each.get("roles", {}).items():
        label = str(RoleAssignment.Role(role).label)
        entries.append(said(Kind.ROLE, minutes, f"{label[:1].upper()}{label[1:]}: {people[person]}.", person))
    entries += [said(Kind.NOTE, minutes, text, person) for minutes, person, text in each.get("notes", [])]
    if "mitigate" in each:
        entries.append(said(Kind.MITIGATED, each["mitigate"], f"Mitigated: {row.get_mitigation_display()}.", who))
    if row.false_alarm:
        entries.append(said(Kind.DISMISSED, each["resolve"], "Dismissed as a false alarm.", who))
    else:
        learned = f" Learned: {row.lesson}" if row.lesson else ""
        entries.append(said(Kind.RESOLVED, each["resolve"], f"Resolved.{learned}", who))
    entries.append(said(Kind.CLOSED, each["resolve"] + CLOSED_AFTER / timedelta(minutes=1), "Closed.", who))
    return sorted(entries, key=lambda entry: entry.at)


def _pages(happened: Sequence[tuple[Told, Incident]], people: Mapping[str, User]) -> None:
    """Who was paged for what an alert opened, and that they answered."""
    paged = [(each, row) for each, row in happened if "key" in each]
    pages = [
        Page(
            subject=row.subject,
            title=row.title,
            severity_label=row.severity.level,
            rank=row.severity.rank,
            service=str(row.service),
            started_at=row.opened_at,
            state=Page.State.RESOLVED,
            opened_at=row.opened_at,
            step=2,
            acknowledged_at=row.acknowledged_at,
            acknowledged_by=row.acknowledged_by,
            ended_at=row.resolved_at,
            end_reason=f"resolved by {people[each['who']]}",
        )
        for each, row in paged
    ]
    Page.objects.bulk_create(pages)
    StepRun.objects.bulk_create(StepRun(page=page, round=1, step=1, ran_at=page.opened_at, reached=1) for page in pages)
    Notification.objects.bulk_create(
        Notification(
            key=f"demo-past:{page.pk}",
            kind=Notification.Kind.PAGE,
            person=people[each["who"]],
            recipient=str(people[each["who"]]),
            transport="console",
            address=people[each["who"]].email,
            page=page,
            step=1,
            round=1,
            rank=page.rank,
            title=f"[{page.severity_label}] {page.service}: {page.title}",
            text=MARK,
            state=Notification.State.SENT,
            created_at=page.opened_at,
            due_at=page.opened_at,
            give_up_at=page.opened_at + timedelta(minutes=30),
            sent_at=page.opened_at + timedelta(seconds=2),
            attempts=1,
        )
        for (each, _row), page in zip(paged, pages, strict=True)
    )


def _handoffs(told: Sequence[Told], now: datetime) -> None:
    """The last handoffs of the storefront's first layer; the newest waits for a signature."""
    layer = Layer.objects.select_related("schedule").get(schedule__slug="storefront", name="primary")
    shifts = [
        shift
        for shift in roster.shifts(layer.schedule, now - SPAN, now)
        if shift.layer == layer.name and shift.person and shift.start <= now
    ]
    turns = list(pairwise(shifts))[-len(told) :]
    for each, (before, after) in zip(told, turns, strict=False):
        handoff = Handoff.objects.create(
            schedule=layer.schedule,
            schedule_slug=layer.schedule.slug,
            layer=layer,
            layer_name=layer.name,
            at=after.start,
            began_at=before.start,
        )
        for side, shift in ((HandoffSide.Side.OUTGOING, before), (HandoffSide.Side.INCOMING, after)):
            outgoing = side == HandoffSide.Side.OUTGOING
            HandoffSide.objects.create(
                handoff=handoff,
                person=shift.person,
                username=shift.username,
                side=side,
                note=each["note"] if outgoing else "",
                note_at=after.start - timedelta(minutes=50) if outgoing else None,
                signed_at=after.start + timedelta(minutes=-45 if outgoing else 20) if side in each["signed"] else None,
            )
