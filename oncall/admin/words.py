"""How the console's pages write instants, spans and states; also as template tags (`{% load oncall %}`)."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oncall import wording

register = template.Library()


@register.simple_tag
def badge(text: object, tone: str) -> SafeString:
    """A labelled shape: its text says what its colour only repeats. `tone` is one of console.css's badge classes."""
    return format_html('<span class="io-badge io-{}">{}</span>', tone, text)


@register.filter
def instant(at: datetime | None) -> SafeString:
    """An instant in the reader's zone, named, with UTC beside it: "10:05 CET (09:05 UTC)"; a dash for none."""
    if at is None:
        return format_html("{}", "—")
    zone = getattr(timezone.get_current_timezone(), "key", "UTC")
    local, gap, utc = wording.instant(at, zone, timezone.now()).partition(" (")
    if not gap:
        return format_html('<time datetime="{}">{}</time>', at.isoformat(), local)
    return format_html('<time datetime="{}">{} <span class="io-utc">({}</span></time>', at.isoformat(), local, utc)


@register.filter
def ago(at: datetime | None) -> str:
    """How long ago, or until when, in words: "5 min ago", "in 2 h"."""
    if at is None:
        return "—"
    span = timezone.now() - at
    if span >= timedelta(0):
        return _("%(span)s ago") % {"span": lasting(span)}
    return _("in %(span)s") % {"span": lasting(-span)}


@register.filter
def lasting(span: timedelta) -> str:
    """A duration in one or two units: "45 s", "5 min", "3 h 20 min", "2 days"."""
    seconds = int(span.total_seconds())
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 1:
        return _("%d s") % seconds
    if hours < 1:
        return _("%d min") % minutes
    if days < 1:
        rest = minutes % 60
        return f"{_('%d h') % hours} {_('%d min') % rest}" if rest else _("%d h") % hours
    whole = ngettext("%d day", "%d days", days) % days
    return f"{whole} {_('%d h') % (hours % 24)}" if hours % 24 else whole
