"""Rows of the on-call app, one noun a file."""

from oncall.models.calendars import CalendarEvent, CalendarFeed
from oncall.models.canary import CanaryRun
from oncall.models.findings import AuditFinding
from oncall.models.handoffs import Handoff, HandoffSide
from oncall.models.holidays import Holiday
from oncall.models.jobs import JobRun
from oncall.models.newest import newest
from oncall.models.notifications import Notification
from oncall.models.pages import Page, StepRun
from oncall.models.policies import EscalationPolicy, EscalationStep, PolicyVersion, StepTarget
from oncall.models.schedules import DeclaredGap, Layer, LayerMember, Override, Schedule
from oncall.models.shifts import Shift
from oncall.models.teams import Channel, Team, TeamMember
from oncall.models.tokens import ApiToken
from oncall.models.users import ContactMethod, Leave, NotificationRule, User

__all__ = [
    "ApiToken",
    "AuditFinding",
    "CalendarEvent",
    "CalendarFeed",
    "CanaryRun",
    "Channel",
    "ContactMethod",
    "DeclaredGap",
    "EscalationPolicy",
    "EscalationStep",
    "Handoff",
    "HandoffSide",
    "Holiday",
    "JobRun",
    "Layer",
    "LayerMember",
    "Leave",
    "Notification",
    "NotificationRule",
    "Override",
    "Page",
    "PolicyVersion",
    "Schedule",
    "Shift",
    "StepRun",
    "StepTarget",
    "Team",
    "TeamMember",
    "User",
    "newest",
]
