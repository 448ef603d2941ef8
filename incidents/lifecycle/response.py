"""The response clock of an incident's severity."""

from datetime import datetime

from incidents.lifecycle.working_time import Calendars
from incidents.logic.cadence import NEXT_BUSINESS_DAY, response_due
from incidents.models import Incident


def response_due_at(incident: Incident, calendars: Calendars, since: datetime) -> datetime | None:
    """By when somebody must have acknowledged, counted from `since`; None where the severity asks for nothing."""
    severity = incident.severity
    wanted = NEXT_BUSINESS_DAY if severity.response_next_business_day else severity.response_minutes
    return response_due(since, wanted, calendars.business_days(incident.service.team))
