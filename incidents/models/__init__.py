"""Rows of the incidents app, one noun a file."""

from incidents.models.alerts import Alert, Silence
from incidents.models.inbox import InboxItem, SignedMessage
from incidents.models.incidents import Incident, Responder, RoleAssignment, SeverityChange
from incidents.models.integrations import Integration
from incidents.models.maintenance import Maintenance
from incidents.models.numbers import NumberSequence
from incidents.models.services import Service, SeverityPolicy
from incidents.models.setup import SetupTick
from incidents.models.severities import Severity
from incidents.models.timeline import TimelineEntry

__all__ = [
    "Alert",
    "InboxItem",
    "Incident",
    "Integration",
    "Maintenance",
    "NumberSequence",
    "Responder",
    "RoleAssignment",
    "Service",
    "SetupTick",
    "Severity",
    "SeverityChange",
    "SeverityPolicy",
    "SignedMessage",
    "Silence",
    "TimelineEntry",
]
