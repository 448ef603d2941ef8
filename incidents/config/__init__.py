"""The upper half of the configuration documents: severity profiles, services, integrations."""

from typing import Any

from incidents.config.integrations import Integrations
from incidents.config.service import Services
from incidents.config.severities import Severities
from oncall.documents import Section

#: In the order of their references, after oncall's.
SECTIONS: tuple[Section[Any], ...] = (Severities(), Services(), Integrations())
