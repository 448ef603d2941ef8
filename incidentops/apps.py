"""Puts our console in the place of the default admin site, and brings our commands."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    default_site = "incidentops.console.Console"


class ProjectConfig(AppConfig):
    """Brings the commands of `incidentops/management`."""

    name = "incidentops"

    def ready(self) -> None:
        from incidentops import checks, jobs, sign_in_checks  # noqa: F401  # they register themselves

        super().ready()
