"""Applying a text as a configuration file, and what is said when it is refused."""

from datetime import datetime
from textwrap import dedent

import pytest

from incidentops import configuration
from incidentops.configuration import Report
from oncall.documents import Invalid
from tests.cast import NOW


def apply(*texts: str, now: datetime = NOW, prune: bool = False) -> Report:
    """Files a.yaml, b.yaml, … of these texts."""
    return configuration.apply(files(*texts), now, prune)


def refused(*texts: str, now: datetime = NOW, prune: bool = False) -> str:
    """The errors, one a line."""
    with pytest.raises(Invalid) as answer:
        apply(*texts, now=now, prune=prune)
    return str(answer.value)


def warnings(*texts: str) -> str:
    """What `check` warns of, one a line."""
    return "\n".join(map(str, configuration.check(files(*texts))))


def files(*texts: str) -> list[tuple[str, str]]:
    return [(f"{'abcdef'[index]}.yaml", dedent(text)) for index, text in enumerate(texts)]


PEOPLE = """
users:
  - {username: ana, email: ana@example.org}
  - {username: bo, email: bo@example.org}
  - {username: cy, email: cy@example.org}
"""
SCHEDULE = """
teams: [{name: Platform, lead: ana, manager: cy, members: [ana, bo]}]
schedules:
  - name: Platform
    team: platform
    timezone: America/Chicago
    layers:
      - {name: primary, rotation: {unit: weekly, start: "2026-01-12T10:00:00-06:00"}, members: [ana, bo, cy]}
      - {name: secondary, rotation: {unit: weekly, start: "2026-01-12T10:00:00-06:00"}, members: [bo, [cy, ana]]}
"""
POLICY = """
escalation_policies:
  - name: Platform
    steps:
      - {delay_minutes: 0, targets: [{schedule: platform}]}
      - {delay_minutes: 5, targets: [{schedule: platform, layer: secondary}, {team_lead: platform}, {user: cy}]}
"""
SERVICE = "services: [{name: Checkout, team: platform, escalation_policy: platform}]"
