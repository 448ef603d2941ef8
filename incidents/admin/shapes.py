"""Severity, state and instants as the console shows them: text and shape first, colour last."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from incidents.models import Incident, Severity
from oncall.admin.base import badge

MILDEST_SHAPE = 4


def severity_badge(severity: Severity) -> SafeString:
    """The level with its shape; further levels look like the mildest."""
    return badge(severity.level, f"sev{min(severity.rank, MILDEST_SHAPE)}")


def state_badge(state: str, label: str) -> SafeString:
    """`state` is one of the console's tones: an incident's or a notification's state, held, pending."""
    return badge(label, state)


def incident_badge(incident: Incident) -> SafeString:
    """The incident's state; a false alarm and a merged one say so."""
    if incident.merged_into_id:
        return badge(_("merged"), "closed")
    if incident.false_alarm:
        return badge(_("false alarm"), "closed")
    return badge(incident.get_state_display(), incident.state)


def ago(at: datetime | None) -> str:
    """How long ago, with the exact instant for whoever points at it."""
    if at is None:
        return "—"
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', at.isoformat(), both_zones(at), timesince(at, depth=1)
    )


def moment(at: datetime, now: datetime) -> SafeString:
    """To the second, in the reader's zone with its name, UTC below it; with its day where that is not today."""
    local, utc = timezone.localtime(at), at.astimezone(UTC)
    day = "" if local.date() == timezone.localtime(now).date() else f"{local:%d %b} "
    shown = f"{day}{local:%H:%M:%S} {zone_name(local)}"
    beside = "" if zone_name(local) == "UTC" else f"{utc:%H:%M:%S} UTC"
    return format_html(
        '<time datetime="{}" title="{}">{}{}</time>',
        at.isoformat(),
        both_zones(at),
        shown,
        format_html('<span class="io-below">{}</span>', beside) if beside else "",
    )


def both_zones(at: datetime) -> str:
    local, utc = timezone.localtime(at), at.astimezone(UTC)
    return f"{local:%a %d %b %Y %H:%M:%S} {zone_name(local)} · {utc:%Y-%m-%d %H:%M:%S} UTC"


def zone_name(local: datetime) -> str:
    """The zone's letters; zones without letters of their own read as "+03", so their place is named."""
    letters = local.tzname() or ""
    return letters if letters.isalpha() else getattr(local.tzinfo, "key", letters)


def clock_face(span: timedelta) -> str:
    """A duration as a clock shows it: 4:10, 1:02:03; over two days in days."""
    seconds = max(0, int(span.total_seconds()))
    if seconds >= 2 * 86400:
        return _("%d days") % (seconds // 86400)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
