"""The console of incidents: importing its rooms registers them."""

from incidents.admin import alerts, integrations, maintenance, severities, silences

__all__ = ["alerts", "integrations", "maintenance", "severities", "silences"]
