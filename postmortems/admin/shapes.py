"""States, clocks and days as the console shows them: text first, colour last."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.models import Severity
from oncall.admin.base import badge, instant
from postmortems.actions import today_of
from postmortems.logic.deadlines import is_late
from postmortems.models import ActionItem, Postmortem

MILDEST_SHAPE = 4
_TONES = {"draft": "pending", "in_review": "info", "published": "ok", "closed": "closed"}
_STATUS_TONES = {"open": "pending", "in_progress": "info", "blocked": "warn", "done": "ok", "wont_do": "closed"}


def severity_badge(severity: Severity | None) -> SafeString | str:
    return badge(severity.level, f"sev{min(severity.rank, MILDEST_SHAPE)}") if severity else "—"


def state_badge(row: Postmortem) -> SafeString:
    if row.kind == Postmortem.Kind.SENTENCE:
        return badge(_("one sentence"), "closed")
    return badge(row.get_state_display(), _TONES[row.state])


def status_badge(row: ActionItem) -> SafeString:
    return badge(row.get_status_display(), _STATUS_TONES[row.status])


def clock(due_at: datetime | None, met_at: datetime | None, now: datetime) -> SafeString | str:
    """When it is due, and whether it was met."""
    if due_at is None:
        return "—"
    if is_late(due_at, met_at, now):
        mark = badge(_("late"), "bad")
    else:
        mark = badge(_("met"), "ok") if met_at else SafeString("")
    return format_html("{} {}", instant(due_at), mark)


def utc_first(at: datetime) -> SafeString:
    """An instant as a postmortem tells it: UTC, with the reader's zone beside it."""
    utc, local = at.astimezone(UTC), timezone.localtime(at)
    beside = "" if local.utcoffset() == timedelta(0) else f"{local:%H:%M %Z}"
    return format_html(
        '<time datetime="{}">{} UTC <span class="io-below">{}</span></time>',
        at.isoformat(),
        f"{utc:%Y-%m-%d %H:%M}",
        beside,
    )


def is_overdue(row: ActionItem, now: datetime) -> bool:
    """Unfinished, and its day is over where its owner lives."""
    return not row.is_finished and row.due_on is not None and row.due_on < today_of(row.owner, now)


def due_day(row: ActionItem, now: datetime) -> SafeString | str:
    """The day, and how many days late."""
    if row.due_on is None:
        return badge(_("no date"), "warn")
    if not is_overdue(row, now):
        return str(row.due_on)
    late = _("%(n)d d late") % {"n": (today_of(row.owner, now) - row.due_on).days}
    return format_html("{} {}", row.due_on, badge(late, "bad"))


def due_words(row: ActionItem, now: datetime) -> SafeString | str:
    """When it is due as one says it: the day, and how near or how late; of a finished one, when that was."""
    if row.is_finished:
        return format_html("{}", date_format(row.finished_at, "j M Y")) if row.finished_at else ""
    if row.due_on is None:
        return badge(_("no date"), "warn")
    days = (row.due_on - today_of(row.owner, now)).days
    if days < 0:
        return badge(ngettext("%(n)d day late", "%(n)d days late", -days) % {"n": -days}, "bad")
    if days < 2:
        return badge(_("due tomorrow") if days else _("due today"), "warn")
    said = {"day": date_format(row.due_on, "j M"), "n": days}
    return format_html("{}", ngettext("%(day)s, in %(n)d day", "%(day)s, in %(n)d days", days) % said)
