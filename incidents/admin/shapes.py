"""Severity, state and instants as the console shows them: text first, shape second, colour last."""

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince

from incidents.models import Severity
from oncall.admin.base import badge

SIGNS = {1: "▲", 2: "◆", 3: "●", 4: "○"}


def severity_badge(severity: Severity) -> str:
    """The level with its sign; further levels look like the mildest."""
    rank = min(severity.rank, 4)
    return badge(f"{SIGNS[rank]} {severity.level}", f"sev{rank}")


def state_badge(state: str, label: str) -> str:
    return badge(label, f"state-{state}")


def ago(at: datetime | None) -> str:
    """How long ago, with the exact instant for whoever points at it."""
    if at is None:
        return "—"
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        f"{local:%Y-%m-%d %H:%M:%S %Z}",
        timesince(at, depth=1),
    )
