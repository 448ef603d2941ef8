"""Handoffs' messages: to those who take over what they take over, to those who hand over a request for a note."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.briefings import Briefing, Noise, briefing, services_of
from incidents.models import Incident
from oncall import handoffs, outbox, wording
from oncall.engine.loop import sweep
from oncall.logic.handoffs import next_due, stage
from oncall.models import HandoffSide, Notification
from oncall.outbox import Draft
from oncall.text import one_line

BATCH: Final = 50
LINE: Final = 200


def run(now: datetime) -> int:
    """Posts what is due of each handoff's notices, and says how many parts of people it looked at."""
    return sweep(_due(now), brief, now, BATCH, postpone=_look_later)


def _due(now: datetime) -> "QuerySet[HandoffSide]":
    return handoffs.sides().filter(due_at__lte=now).order_by("due_at", "pk")


def _look_later(side: HandoffSide, error: Exception, now: datetime) -> None:
    HandoffSide.objects.filter(pk=side.pk).update(due_at=now + handoffs.RETRY)


def brief(sides: Sequence[HandoffSide], now: datetime) -> None:
    """One message to each: the latest of their notices whose time has come. The key of the message is its handoff,
    side, notice and person, so that it is there once whoever posts it."""
    drafts: list[Draft] = []
    for side in sides:
        schedule = side.handoff.schedule
        notices = schedule.notices if schedule else []
        minutes = stage(notices, side.told_minutes, side.handoff.at, now)
        told = side.told_minutes if minutes is None else minutes
        mine = HandoffSide.objects.filter(pk=side.pk, due_at=side.due_at)
        if not mine.update(told_minutes=told, due_at=next_due(notices, told, side.handoff.at)):
            continue
        if minutes is not None and side.person and side.person.is_active:
            drafts += _drafts(side, minutes, now)
    outbox.post(drafts, now)


def _drafts(side: HandoffSide, minutes: int, now: datetime) -> list[Draft]:
    person = side.person
    if person is None:
        return []
    words = _incoming if side.side == HandoffSide.Side.INCOMING else _outgoing
    title, text = words(side, briefing(person, services_of(side.handoff.schedule), side.handoff.began_at, now), now)
    template = Draft(
        key=f"handoff:{side.handoff_id}:{side.side}:{minutes}",
        kind=Notification.Kind.HANDOFF,
        title=title,
        text=text,
        link=handoffs.link(side, now),
        private=True,
        urgency="low",
    )
    return outbox.to_person_once(person, template, now)


def _incoming(side: HandoffSide, told: Briefing, now: datetime) -> tuple[str, str]:
    handoff, zone = side.handoff, _zone(side)
    what = {"what": _place(side), "at": wording.instant(handoff.at, zone, now)}
    title = _("You take over %(what)s at %(at)s") if handoff.at > now else _("You are on call now: %(what)s")
    others = handoffs.names(handoffs.counterparts(side))
    lead = _("From %(names)s, at %(at)s.") if others else _("Nobody hands over to you; your time begins at %(at)s.")
    parts = [
        title % what,
        lead % {**what, "names": others},
        *_notes(side),
        _section(_("Open incidents:"), [_open_line(row, zone, now) for row in told.opened], told.more_opened)
        or _("No incident is open."),
        _section(_("Of the past shift:"), [_past_line(row, zone, now) for row in told.past], told.more_past)
        or _("No incident ended in the past shift."),
        _section(_("Noisy alerts:"), _noise_lines(told)),
        _section(_("Changed runbooks:"), _runbook_lines(told)),
        _left_unsigned(side, now),
        _("Sign with the link that you have taken over."),
    ]
    return one_line(title % what, 300), "\n\n".join(part for part in parts if part)


def _outgoing(side: HandoffSide, told: Briefing, now: datetime) -> tuple[str, str]:
    zone = _zone(side)
    what = {"what": _place(side), "at": wording.instant(side.handoff.at, zone, now)}
    others = handoffs.names(handoffs.counterparts(side))
    title = _("You hand over %(what)s at %(at)s") if side.handoff.at > now else _("You have handed over %(what)s")
    lead = _("To %(names)s, at %(at)s.") if others else _("Nobody is on call after you; your time ends at %(at)s.")
    asked = _("Please write a note for who comes next: what is half done, what to watch, what to leave alone.")
    parts = [
        title % what,
        lead % {**what, "names": others},
        _("Your note so far:\n%(note)s") % {"note": side.note} if side.note else asked,
        _section(_("Open incidents:"), [_open_line(row, zone, now) for row in told.opened], told.more_opened),
        _left_unsigned(side, now),
        _("Write it and sign with the link that you have handed over."),
    ]
    return one_line(title % what, 300), "\n\n".join(part for part in parts if part)


def _place(side: HandoffSide) -> str:
    handoff = side.handoff
    return one_line(f"{handoff.schedule or handoff.schedule_slug} · {handoff.layer_name}")


def _zone(side: HandoffSide) -> str:
    return side.person.timezone if side.person else "UTC"


def _notes(side: HandoffSide) -> Iterable[str]:
    for each in handoffs.notes_for(side):
        words = {"name": each.person or each.username, "note": each.note}
        yield _("Note of %(name)s:\n%(note)s") % words


def _section(heading: str, lines: Sequence[str], more: int = 0) -> str:
    if not lines:
        return ""
    left = [ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more}] if more else []
    return "\n".join([heading, *(f"- {line}" for line in lines), *left])


def _open_line(row: Incident, zone: str, now: datetime) -> str:
    who = _("with %(name)s") % {"name": row.acknowledged_by} if row.acknowledged_by else _("nobody has it")
    since = _("since %(at)s") % {"at": wording.instant(row.opened_at, zone, now)}
    return f"{_head(row)} ({row.get_state_display()}, {who}, {since})"


def _past_line(row: Incident, zone: str, now: datetime) -> str:
    at = wording.instant(row.resolved_at, zone, now) if row.resolved_at else "—"
    return f"{_head(row)} ({_('resolved %(at)s') % {'at': at}})"


def _head(row: Incident) -> str:
    return one_line(f"{row.number} [{row.severity.level}] {row.service}: {row.title}", LINE)


def _noise_lines(told: Briefing) -> list[str]:
    return [f"{one_line(each.service)}: {one_line(each.title, LINE)} ({_often(each)})" for each in told.noisy]


def _often(noise: Noise) -> str:
    opened = ngettext("opened once", "opened %(n)d times", noise.opened) % {"n": noise.opened}
    events = ngettext("%(n)d event", "%(n)d events", noise.events) % {"n": noise.events}
    return f"{opened}, {events}"


def _runbook_lines(told: Briefing) -> list[str]:
    return [f"{one_line(each.service)}: {each.after or _('removed')}" for each in told.runbooks]


def _left_unsigned(side: HandoffSide, now: datetime) -> str:
    if side.person is None:
        return ""
    rows = handoffs.unsigned(now).filter(person=side.person).exclude(pk=side.pk)[:5]
    zone = _zone(side)
    return _section(
        _("You have not signed yet:"),
        [f"{_place(row)}, {wording.instant(row.handoff.at, zone, now)}: {handoffs.link(row, now)}" for row in rows],
    )
