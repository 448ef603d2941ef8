"""Puts our console in the place of the default admin site, and brings our commands."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    default_site = "incidentops.console.Console"


class ProjectConfig(AppConfig):
    """Brings the commands of `incidentops/management`."""

    name = "incidentops"

    def ready(self) -> None:
        # They register themselves; Celery's application in every process, however it was started: what it publishes
        # would else go to a broker that nobody chose.
        from incidentops import celery, checks, jobs, sign_in_checks  # noqa: F401

        super().ready()
