"""Puts our console in the place of Django's default admin site."""

from django.contrib.admin.apps import AdminConfig


class ConsoleConfig(AdminConfig):
    default_site = "incidentops.console.Console"
