"""Both clocks remind: the owner at half time, a day before and when due, then the lead, then the managers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, cast

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from oncall import outbox
from oncall.engine.loop import sweep
from oncall.models import Notification, User
from oncall.outbox import Draft
from postmortems import drafting, notices
from postmortems.logic import deadlines
from postmortems.logic.deadlines import Audience, Clock, Step
from postmortems.models import ClockReminder, Postmortem

BATCH: Final = 50


def run(now: datetime) -> int:
    """Send the reminders that came due, once each; of those missed, each audience's last one. How many postmortems."""
    return sweep(_due(now), _remind, now, BATCH)


def _due(now: datetime) -> QuerySet[Postmortem]:
    rows = Postmortem.objects.filter(next_look_at__lte=now)
    return rows.select_related("incident__service__team", "service__team__lead", "owner").order_by("next_look_at", "pk")


def _remind(rows: Sequence[Postmortem], now: datetime) -> None:
    for row in rows:
        row.next_look_at = _one(row, now)
        row.save(update_fields=["next_look_at"])


def _one(row: Postmortem, now: datetime) -> datetime | None:
    """Send what is owed; when to look again."""
    incident, started_at = row.incident, row.resolved_at
    if row.state not in Postmortem.UNPUBLISHED or incident is None or started_at is None:
        return None
    if incident.resolved_at is None:  # open again: the clocks run from its next resolve
        return None
    calendar = drafting.calendar_of(incident, started_at)
    looks = []
    for clock, due_at in _running(row).items():
        steps = deadlines.steps(started_at, due_at, calendar)
        sent = row.reminders.filter(clock=clock, resolved_at=started_at).values_list("reminder", flat=True)
        for step in deadlines.owing(steps, set(sent), now):
            _send(row, clock, step, due_at, now)
        looks.append(deadlines.next_step_at(steps, now))
    return min((at for at in looks if at is not None), default=None)


def _running(row: Postmortem) -> dict[Clock, datetime]:
    """The clocks that are not met yet."""
    clocks = {}
    if row.review_due_at is not None and row.review_scheduled_at is None:
        clocks[Clock.REVIEW] = row.review_due_at
    if row.publish_due_at is not None:
        clocks[Clock.PUBLISH] = row.publish_due_at
    return clocks


def _send(row: Postmortem, clock: Clock, step: Step, due_at: datetime, now: datetime) -> None:
    """One reminder, to the first audience from its own upwards that somebody of can be reached."""
    resolved_at = cast("datetime", row.resolved_at)  # there is no clock before
    ClockReminder.objects.create(postmortem=row, clock=clock, reminder=step.reminder, resolved_at=resolved_at, at=now)
    order = list(Audience)
    for audience in order[order.index(step.audience) :]:
        drafts = [
            draft
            for person in _people(row, audience)
            for draft in notices.to(person, _template(row, clock, step, due_at, person, now), now)
        ]
        if drafts:
            outbox.post(drafts, now)
            return


def _people(row: Postmortem, audience: Audience) -> list[User]:
    if audience is Audience.OWNER:
        return [row.owner] if row.owner else []
    return notices.lead_of(row) if audience is Audience.LEAD else notices.managers_of(row)


def _template(row: Postmortem, clock: Clock, step: Step, due_at: datetime, person: User, now: datetime) -> Draft:
    late = now >= due_at
    said = {
        "number": row.number,
        "title": _("a private incident") if row.private else row.title,
        "due": notices.at_their_place(due_at, person),
        "owner": str(row.owner) if row.owner else _("nobody"),
    }
    if clock is Clock.REVIEW:
        title = _("%(number)s: the review is to be scheduled") if not late else _("%(number)s: no review is scheduled")
        text = _("The review meeting of %(number)s (%(title)s) is to be scheduled by %(due)s.\nOwner: %(owner)s.")
    else:
        title = _("%(number)s is to be published") if not late else _("%(number)s is not published")
        text = _("%(number)s (%(title)s) is to be published by %(due)s.\nOwner: %(owner)s.")
    key = f"postmortem:{row.pk}:{clock}:{row.resolved_at:%Y%m%dT%H%M%S%f}:{step.reminder}"
    kind = Notification.Kind.POSTMORTEM
    return notices.draft(key, kind, title % said, text % said, notices.page_of(row), now, private=row.private)
