"""The console of incidents: importing its rooms registers them."""

from incidents.admin import alerts, incidents, integrations, maintenance, services, severities, silences

__all__ = ["alerts", "incidents", "integrations", "maintenance", "services", "severities", "silences"]
