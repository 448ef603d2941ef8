"""The lower half of the configuration documents: people, teams, channels, schedules, escalation policies."""

from typing import Any

from oncall.config.channels import Channels
from oncall.config.people import People
from oncall.config.policies import Policies
from oncall.config.schedules import Schedules
from oncall.config.teams import Teams
from oncall.documents import Section

#: In the order of their references: a section names only objects of those before it.
SECTIONS: tuple[Section[Any], ...] = (People(), Teams(), Channels(), Schedules(), Policies())
