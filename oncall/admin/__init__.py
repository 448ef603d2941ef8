"""The console of on call."""

from oncall.admin import (
    channels,
    findings,
    handoffs,
    holidays,
    leave,
    notifications,
    overrides,
    pages,
    people,
    policies,
    schedules,
    shifts,
    teams,
    tokens,
)

__all__ = [
    "channels",
    "findings",
    "handoffs",
    "holidays",
    "leave",
    "notifications",
    "overrides",
    "pages",
    "people",
    "policies",
    "schedules",
    "shifts",
    "teams",
    "tokens",
]
